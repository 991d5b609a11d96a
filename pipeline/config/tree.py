"""What does a YAML text say, and on which line does each part stand?

YAML is read as a tree of our own, not as Python values: a scalar keeps its text, so that `${NAME}` can be read
before its type is decided, and every node knows its place. Types follow YAML 1.2: `no` is Norwegian, not false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import yaml

MAX_BYTES = 1 << 20
_MAX_NODES = 20_000
_MAX_DEPTH = 32
_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
_KNOWN_TAGS = frozenset(f"tag:yaml.org,2002:{tag}" for tag in _TAGS)
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; relative paths in it are relative to `base`."""

    file: str
    line: int
    base: Path

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def at(self, line: int) -> Place:
        return Place(self.file, line, self.base)


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One fault of a config, as a line for people and editors."""

    place: Place
    key: Key
    what: str

    def __str__(self) -> str:
        key = dotted(self.key)
        return f"{self.place}: {key}: {self.what}" if key else f"{self.place}: {self.what}"


@dataclass(slots=True)
class Scalar:
    """Text as written; `plain` means unquoted, so that it may be a number; `given` is a value that needs no reading."""

    text: str
    plain: bool
    place: Place
    given: Any = None


@dataclass(slots=True)
class Items:
    nodes: list[Node]
    place: Place


@dataclass(slots=True)
class Table:
    nodes: dict[str, Node]
    place: Place
    places: dict[str, Place] = field(default_factory=dict)


Node = Union["Scalar", "Items", "Table"]


def dotted(key: Key) -> str:
    """service.endpoints[0].key"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{shown(part)}" for part in key)
    return text.removeprefix(".")


def shown(text: str, limit: int = 60) -> str:
    """Any text on one line, printable and short."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: limit + 1])
    return line if len(line) <= limit else f"{line[:limit]}..."


def typed(text: str) -> Any:
    """What an unquoted YAML 1.2 scalar means."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def parse(text: str, place: Place, faults: list[FaultLine]) -> Node | None:
    """The tree of a YAML text, None where there is none to speak of; what is wrong with it goes to `faults`."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        faults.append(FaultLine(place.at(_line(error, place)), (), _syntax(error)))
        return None
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        faults.append(FaultLine(place.at(line), (), "not YAML: a character that is not allowed in text"))
        return None
    except RecursionError:
        faults.append(FaultLine(place, (), f"nested too deeply; {_MAX_DEPTH} levels are allowed"))
        return None
    return None if root is None else _Reader(place, faults).node(root, ())


def from_values(value: Any, place: Place) -> Node:
    """The tree of Python values, for settings that come from the command line."""
    if isinstance(value, Mapping):
        nodes = {str(name): from_values(child, place) for name, child in value.items()}
        return Table(nodes, place, dict.fromkeys(nodes, place))
    if isinstance(value, (list, tuple)):
        return Items([from_values(child, place) for child in value], place)
    return Scalar(str(value), True, place) if value is None else Scalar(str(value), False, place, value)


def places(node: Node, key: Key = ()) -> Iterator[tuple[Key, Place]]:
    """Every key of a tree with its place."""
    yield key, node.place
    if isinstance(node, Table):
        for name, child in node.nodes.items():
            yield from places(child, (*key, name))
            yield (*key, name), node.places[name]
    elif isinstance(node, Items):
        for index, child in enumerate(node.nodes):
            yield from places(child, (*key, index))


class _Reader:
    """yaml's nodes -> ours, with limits: aliases can make a small file mean a huge or an endless tree."""

    def __init__(self, place: Place, faults: list[FaultLine]):
        self._place = place
        self._faults = faults
        self._nodes = 0

    def node(self, node: yaml.Node, key: Key) -> Node | None:
        place = self._at(node)
        self._nodes += 1
        if len(key) > _MAX_DEPTH or self._nodes > _MAX_NODES:
            if self._nodes <= _MAX_NODES + 1:
                self._fault(place, key, f"too large: {_MAX_NODES} values and {_MAX_DEPTH} levels are allowed")
                self._nodes = _MAX_NODES + 1
            return None
        if node.tag not in _KNOWN_TAGS:
            self._fault(place, key, "a YAML tag; plain values are allowed")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._table(node, place, key)
        if isinstance(node, yaml.SequenceNode):
            children = [self.node(child, (*key, index)) for index, child in enumerate(node.value)]
            return Items([child for child in children if child is not None], place)
        # Only what stands unquoted may be a number; yaml gives quotes and block marks as the style.
        return Scalar(node.value, getattr(node, "style", None) is None, place)

    def _table(self, node: yaml.MappingNode, place: Place, key: Key) -> Table:
        table = Table({}, place)
        for name_node, value_node in node.value:
            name_place = self._at(name_node)
            if not isinstance(name_node, yaml.ScalarNode):
                self._fault(name_place, key, "a key that is a list or a mapping; a word is allowed")
                continue
            name = name_node.value
            if name in table.nodes:
                first = table.places[name].line
                self._fault(name_place, (*key, name), f"given twice (first on line {first}); once is allowed")
                continue
            child = self.node(value_node, (*key, name))
            if child is not None:
                table.nodes[name] = child
                table.places[name] = name_place
        return table

    def _at(self, node: yaml.Node) -> Place:
        # A one-line text (--set) keeps the number it was given as its place.
        return self._place if self._place.line else self._place.at(node.start_mark.line + 1)

    def _fault(self, place: Place, key: Key, what: str) -> None:
        self._faults.append(FaultLine(place, key, what))


def _line(error: yaml.MarkedYAMLError, place: Place) -> int:
    mark = error.problem_mark or error.context_mark
    return place.line or (mark.line + 1 if mark else 1)


def _syntax(error: yaml.MarkedYAMLError) -> str:
    """yaml's own words without what it quotes from the file, which may be a secret."""
    problem = re.sub(r"\b(alias|anchor|handle)\b.*", r"\1", error.problem or "unreadable")
    about = f"{problem} {error.context}"
    quotable = "cannot start any token" in about or "alias" in about or "'{'" in about
    advice = "; quote a value that begins with such a character, and ${NAME} inside [] or {}" if quotable else ""
    return f"not YAML: {problem}{advice}"
