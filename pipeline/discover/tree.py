"""Which files and folders below an input does it mean?

An input is a folder, or a glob: the folder before its first pattern, and a small automaton over the parts that
follow. What is below a folder that the automaton accepts is meant as a whole. The same questions are asked of the
names on disk by the walk, and of a path by `reaches`, so that a file that two inputs mean is taken once without
remembering every file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.config.schema import InputSettings
from pipeline.discover.patterns import Patterns, compiled, is_magic
from pipeline.discover.suffixes import is_recording

# Positions in the parts of a glob; INSIDE is below everything that had to match.
State = frozenset[int]
INSIDE: State = frozenset({-1})
OURS = ".speech-pipeline"  # our own folder and temporary files, never a recording


@dataclass(frozen=True, slots=True)
class Filter:
    """What all inputs leave out."""

    include: Patterns
    exclude: Patterns
    recursive: bool
    hidden: bool

    @classmethod
    def of(cls, settings: InputSettings) -> Filter:
        return cls(Patterns(settings.include), Patterns(settings.exclude), settings.recursive, settings.hidden)


@dataclass(frozen=True, slots=True)
class Tree:
    """An input folder: where it is, and what of it is meant."""

    top: str
    real: str
    parts: tuple[str, ...]
    filter: Filter
    output: str
    """real path of the output folder"""

    @property
    def start(self) -> State:
        return self._closed({0}) if self.parts else INSIDE

    def enter(self, state: State, name: str, path: str) -> State | None:
        """The state inside a folder, or None if nothing below it is meant."""
        if self._leaves_out(state, name, path):
            return None
        if state == INSIDE:
            return INSIDE if self.filter.recursive else None
        after = self._advance(state, name)
        return INSIDE if len(self.parts) in after else after or None

    def takes(self, state: State, name: str, path: str) -> bool:
        """Whether a file is meant."""
        if self._leaves_out(state, name, path):
            return False
        if state != INSIDE and len(self.parts) not in self._advance(state, name):
            return False
        if self.filter.include:
            return self.filter.include.match(name, path)
        # A glob such as *.dat has said which suffixes are recordings.
        return is_recording(name) or (state != INSIDE and "." in self.parts[-1])

    def is_output(self, real: str) -> bool:
        """Whether a folder is the output folder, which is not walked; an input inside it, or it itself, is."""
        return real == self.output and real != self.real

    def reaches(self, real: str) -> bool:
        """Whether the walk of this tree comes to a file, given by its real path."""
        prefix = self.real.rstrip("/") + "/"
        if not real.startswith(prefix):
            return False
        *folders, name = real[len(prefix) :].split("/")
        state: State | None = self.start
        path = ""
        for folder in folders:
            path = f"{path}/{folder}" if path else folder
            state = None if state is None or self.is_output(prefix + path) else self.enter(state, folder, path)
        return state is not None and self.takes(state, name, f"{path}/{name}" if path else name)

    def _leaves_out(self, state: State, name: str, path: str) -> bool:
        if name[0] == ".":
            asked_for = any(0 <= at < len(self.parts) and self.parts[at].startswith(".") for at in state)
            if name.startswith(OURS) or not (self.filter.hidden or asked_for):
                return True
        return bool(self.filter.exclude) and self.filter.exclude.match(name, path)

    def _advance(self, state: State, name: str) -> State:
        after = set()
        for at in state:
            part = self.parts[at] if at < len(self.parts) else None
            if part == "**":
                after.add(at)
                if at == len(self.parts) - 1:
                    after.add(at + 1)
            elif part is not None and compiled(part).fullmatch(name):
                after.add(at + 1)
        return self._closed(after)

    def _closed(self, state: set[int]) -> State:
        """`**` also stands for no folder at all, except at the end of a glob."""
        closed = set(state)
        for at in range(len(self.parts) - 1):
            if at in closed and self.parts[at] == "**":
                closed.add(at + 1)
        return frozenset(closed)


class Forest:
    """All trees, found by the path they stand over: there may be thousands, from a list of folders."""

    def __init__(self, trees: Sequence[Tree]):
        self._order = {id(tree): number for number, tree in enumerate(trees)}
        self._by_top: dict[str, list[Tree]] = {}
        for tree in trees:
            self._by_top.setdefault(tree.real, []).append(tree)
        # Only trees that share ground with another must ask whether a file is the other's.
        self._shared: set[int] = set()
        for tree in trees:
            around = list(self._over(tree.real))
            if len(around) > 1:
                self._shared.update(map(id, around))

    def reaches(self, real: str, before: Tree | None = None) -> bool:
        """Whether any tree, or any before one, comes to a file."""
        if before is not None and id(before) not in self._shared:
            return False
        limit = len(self._order) if before is None else self._order[id(before)]
        return any(self._order[id(tree)] < limit and tree.reaches(real) for tree in self._over(real))

    def _over(self, real: str) -> Iterator[Tree]:
        place = real
        while True:
            yield from self._by_top.get(place, ())
            above = place.rpartition("/")[0] or "/"
            if above == place:
                return
            place = above


def folder_tree(path: str, filters: Filter, output: str) -> Tree:
    return Tree(path, os.path.realpath(path), (), filters, output)


def glob_tree(path: str, filters: Filter, output: str) -> Tree:
    """The tree of an absolute pattern: its fixed folders, then its parts."""
    parts: Sequence[str] = [part for part in path.split("/") if part]
    fixed = next(index for index, part in enumerate(parts) if is_magic(part))
    top = "/" + "/".join(parts[:fixed])
    return Tree(top, os.path.realpath(top), tuple(parts[fixed:]), filters, output)
