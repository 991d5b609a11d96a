"""Is this config right, and if not, what is wrong on which line?

YAML -> tree -> values -> Config. Every step adds its faults to one list, so that a user sees all of them at once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config import allowed, rules
from pipeline.config.resolve import absolute, is_secret, resolve
from pipeline.config.schema import Config
from pipeline.config.tree import (
    MAX_BYTES,
    FaultLine,
    Items,
    Key,
    Node,
    Place,
    Scalar,
    Table,
    from_values,
    parse,
    places,
    shown,
)
from pipeline.errors import ConfigError

_log = logging.getLogger(__name__)


def load(path: Path, overrides: Sequence[str] = (), environ: Mapping[str, str] = os.environ) -> Config:
    """The config in a file, with `section.key=value` overrides. Raises ConfigError with every fault."""
    faults: list[FaultLine] = []
    place = Place(shown(os.fspath(path), 1000), 0, Path(absolute(os.fspath(path.parent), Path.cwd())))
    node = parse(_text(path, place), place, faults)
    if node is not None and not isinstance(node, Table):
        faults.append(FaultLine(node.place, (), "not a mapping; input:, output: and so on are allowed"))
    root = node if isinstance(node, Table) else Table({}, place.at(1))
    return _config(root, overrides, environ, faults, unread=node is None and bool(faults))


def build(
    values: Mapping[str, Any],
    overrides: Sequence[str] = (),
    base: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """The config of nested Python values, for a command without a file; as `load` otherwise."""
    root = from_values(values, Place("command line", 0, base or Path.cwd()))
    if not isinstance(root, Table):
        raise TypeError("values must be a mapping of sections")
    return _config(root, overrides, environ, [], unread=False)


def _text(path: Path, place: Place) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise ConfigError(f"{place}: not a path of a file") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{place}: too large for a config; {MAX_BYTES >> 20} MiB is allowed")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{place.at(line)}: not UTF-8 text; a YAML file in UTF-8 is allowed") from None


def _config(
    root: Table, overrides: Sequence[str], environ: Mapping[str, str], faults: list[FaultLine], unread: bool
) -> Config:
    if unread:
        raise _error(faults)
    for number, override in enumerate(overrides, 1):
        _override(root, override, Place("--set", number, Path.cwd()), faults)
    values = resolve(root, environ, faults)
    output = values.setdefault("output", {})
    if isinstance(output, dict) and "folder" not in output:
        output["folder"] = absolute(Config.model_fields["output"].default.folder, root.place.base)
    config = _validated(values, root, faults)
    if faults:
        raise _error(faults)
    return settled(config)


def _override(root: Table, override: str, place: Place, faults: list[FaultLine]) -> None:
    name, found, text = override.partition("=")
    parts = name.strip().split(".")
    if not found or not all(parts):
        faults.append(FaultLine(place, (), "not section.key=value"))
        return
    node = parse(text, place, faults) if text.strip() else Scalar("", True, place)
    if node is None:
        return
    table = root
    for depth, part in enumerate(parts[:-1], 1):
        child = table.nodes.get(part)
        if isinstance(child, Items):
            faults.append(FaultLine(place, tuple(parts), f"{'.'.join(parts[:depth])} is a list; set it as a whole"))
            return
        if not isinstance(child, Table):
            child = Table({}, place)
            table.nodes[part] = child
            table.places[part] = place
        table = child
    table.nodes[parts[-1]] = node
    table.places[parts[-1]] = place


def _validated(values: dict[str, Any], root: Table, faults: list[FaultLine]) -> Config:
    """The Config of `values`. Where some are wrong, the rules are still asked about the others."""
    known = dict(places(root))
    told = {fault.key for fault in faults}
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        for key, what in _explained(error.errors(include_url=False, include_input=False), root):
            if not any(key == other[: len(key)] for other in told):
                told.add(key)
                faults.append(FaultLine(_place(known, key), key, what))
            _drop(values, key)
        config = _rest(values)
    for key, what in rules.check(config):
        if not any(other == key[: len(other)] for other in told):
            faults.append(FaultLine(_place(known, key), key, what))
    return config


def _rest(values: dict[str, Any]) -> Config:
    """What remains once the faulty settings are gone, to be asked about combinations; never used for a run."""
    section = values.get("input")
    values["input"] = {"paths": ["."]} | (section if isinstance(section, dict) else {})
    try:
        return Config.model_validate(values)
    except ValidationError:
        return Config.model_validate({"input": {"paths": ["."]}})


def _explained(errors: Sequence[ErrorDetails], root: Table) -> list[tuple[Key, str]]:
    explained: dict[Key, str] = {}
    for error in errors:
        key, setting = allowed.setting_at(Config, error["loc"])
        if error["type"] == "extra_forbidden":
            name = str(error["loc"][-1])
            stranger = (*key, name)
            explained[stranger] = allowed.unknown(setting.annotation, name)
        elif error["type"] == "missing":
            explained[key] = f"missing; {allowed.describe(setting)} is needed"
        else:
            explained[key] = f"{_written(root, key)} is not allowed; allowed: {allowed.describe(setting)}"
    return list(explained.items())


def _written(root: Node, key: Key) -> str:
    """The value as the user wrote it, before the environment was read: no secret is shown."""
    node: Node | None = root
    for part in key:
        if isinstance(node, Table):
            node = node.nodes.get(str(part))
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.nodes):
            node = node.nodes[part]
    if isinstance(node, Scalar) and not is_secret(key):
        return "null" if node.plain and not node.text else shown(node.text) if node.plain else repr(shown(node.text))
    return "a list" if isinstance(node, Items) else "a mapping" if isinstance(node, Table) else "this value"


def _place(known: Mapping[Key, Place], key: Key) -> Place:
    """Where a key stands, or else the nearest section around it that stands anywhere."""
    while key not in known:
        key = key[:-1]
    return known[key]


def _drop(values: Any, key: Key) -> None:
    """Take a faulty setting out; of a list with a faulty item the whole, so that no item changes its number."""
    head, rest = key[0], key[1:]
    inside = values.get(head) if isinstance(values, dict) else values[head]
    if isinstance(inside, (dict, list)) and len(rest) > isinstance(inside, list):
        _drop(inside, rest)
    elif isinstance(values, dict):
        values.pop(head, None)


def settled(config: Config) -> Config:
    """The config as it will be run: what needs one session for a whole recording is not split."""
    one_session = config.recognition.diarization or config.recognition.mode == "single_shot"
    if not one_session or not config.audio.split.longer_than:
        return config
    if config.recognition.diarization and "longer_than" in config.audio.split.model_fields_set:
        _log.warning("diarization needs one session a recording: audio.split is off")
    split = config.audio.split.model_copy(update={"longer_than": 0})
    return config.model_copy(update={"audio": config.audio.model_copy(update={"split": split})})


def _error(faults: Sequence[FaultLine]) -> ConfigError:
    # Faults of the file in the order of its lines, then those of --set.
    ordered = sorted(faults, key=lambda fault: (fault.place.file == "--set", fault.place.line))
    return ConfigError("\n".join(dict.fromkeys(str(fault) for fault in ordered)))
