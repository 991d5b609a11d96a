"""What do the settings of a tree mean, once the environment and the paths are read?

A secret must come from the environment: its text is checked before anything is read, and is never shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.config.environment import Unset, is_reference, substitute
from pipeline.config.schema import Address
from pipeline.config.tree import FaultLine, Items, Key, Node, Place, Scalar, Table, typed

_SECRETS = {"key", "token"}
_FAULTY: Any = object()
# Reading these is what happens anyway when the setting is left out.
_FALLBACKS = {
    "key": {"AZURE_AI_SPEECH_KEY", "SPEECH_KEY"},
    "region": {"AZURE_AI_SPEECH_REGION", "SPEECH_REGION"},
}
_PATHS: set[Key] = {
    ("input", "paths"),
    ("input", "options"),
    ("output", "folder"),
    ("audio", "scratch"),
    ("service", "faults"),
}
# A bare word here is a name to look up; only what looks like a path is one.
_NAMES_OR_PATHS: set[Key] = {
    ("audio", "ffmpeg"),
    ("service", "model"),
    ("service", "translator"),
    ("service", "token_command"),
    ("service", "endpoints", "token_command"),
}


def resolve(root: Table, environ: Mapping[str, str], faults: list[FaultLine]) -> dict[str, Any]:
    """The tree as Python values for the schema; a faulty value is left out and told of in `faults`."""
    values = _Resolver(environ, faults, _kind(root, environ)).table(root, ())
    # A section whose every line is a comment is a null; it means what an absent one means.
    return {name: value for name, value in values.items() if value is not None}


def absolute(text: str, base: Path) -> str:
    """`text` as an absolute path; a leading @ (a list of paths) stays in front."""
    mark = "@" if text.startswith("@") else ""
    return mark + os.path.normpath(base / os.path.expanduser(text[len(mark) :]))  # noqa: PTH111  (never raises)


class _Resolver:
    def __init__(self, environ: Mapping[str, str], faults: list[FaultLine], kind: str):
        self._environ = environ
        self._faults = faults
        self._kind = kind

    def value(self, node: Node, key: Key) -> Any:
        if isinstance(node, Table):
            return self.table(node, key)
        if isinstance(node, Items):
            values = [self.value(child, (*key, index)) for index, child in enumerate(node.nodes)]
            return _FAULTY if _FAULTY in values else values
        return self._scalar(node, key)

    def table(self, table: Table, key: Key) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, node in table.nodes.items():
            child = (*key, name)
            if is_secret(child) and not _may_be_secret(node):
                what = "a secret in the config; only a reference is allowed, such as ${AZURE_AI_SPEECH_KEY}"
                self._faulty(table.places[name], child, what)
                continue
            value = self.value(node, child)
            if value is not _FAULTY:
                values[name] = value
        return values

    def _scalar(self, scalar: Scalar, key: Key) -> Any:
        if scalar.given is not None:
            return _located(scalar.given, key, scalar.place)
        try:
            text = substitute(scalar.text, self._environ)
        except Unset as unset:
            return None if self._may_be_unset(unset.name, key) else self._faulty(scalar.place, key, str(unset))
        except ValueError as error:
            return self._faulty(scalar.place, key, str(error))
        if is_secret(key):
            # A key of digits only is still text.
            return None if scalar.plain and typed(text) is None else text.strip() or None
        return _located(typed(text) if scalar.plain else text, key, scalar.place)

    def _may_be_unset(self, name: str, key: Key) -> bool:
        """Nobody reads an address with the local host; and a fallback's own name is as good as none."""
        if key[0] != "service" or key[-1] not in Address.model_fields:
            return False
        return self._kind == "local" or name in _FALLBACKS.get(str(key[-1]), ())

    def _faulty(self, place: Place, key: Key, what: str) -> Any:
        self._faults.append(FaultLine(place, key, what))
        return _FAULTY


def is_secret(key: Key) -> bool:
    return key[:1] == ("service",) and bool(key) and key[-1] in _SECRETS


def _may_be_secret(node: Node) -> bool:
    if not isinstance(node, Scalar) or node.given is not None:
        return False
    return is_reference(node.text) or not node.text.strip() or (node.plain and typed(node.text) is None)


def _kind(root: Table, environ: Mapping[str, str]) -> str:
    service = root.nodes.get("service")
    kind = service.nodes.get("kind") if isinstance(service, Table) else None
    if not isinstance(kind, Scalar):
        return "local"
    try:
        return substitute(kind.text, environ)
    except ValueError:
        return "local"


def _located(value: Any, key: Key, place: Place) -> Any:
    """A relative path is relative to where it stands: the config's folder, or the current one for --set."""
    if not isinstance(value, str) or not value:
        return value
    words = tuple(part for part in key if isinstance(part, str))
    if words in _PATHS:
        return absolute(value, place.base)
    is_program = words[-1] != "token_command" or key[-1] == 0
    if words in _NAMES_OR_PATHS and is_program and value.startswith(("./", "../", "~", "/")):
        return absolute(value, place.base)
    return value
