"""Which sources does the config's input mean, one after the other?

A million files are walked with one folder in memory at a time: what is needed across folders is asked of the paths
themselves (`Tree.reaches`), never remembered.
"""

# Paths are str here, not Path: a million Path objects cost seconds, and a name may be any bytes.
# ruff: noqa: PTH116, PTH120

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.schema import Config, InputSettings
from pipeline.discover.inputs import read_inputs
from pipeline.discover.naming import Names, Stems, output_folder, printable
from pipeline.discover.options import Table, read_table
from pipeline.discover.walk import Folder, walk
from pipeline.values import Source


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was asked for and could not be looked at; the run goes on without it."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def _ignore(problem: Problem) -> None:
    """Nobody wants to hear."""


def discover(
    settings: InputSettings,
    output: Path,
    targets: Sequence[str] = (),
    tell: Callable[[Problem], None] = _ignore,
    config: Config | None = None,
) -> Iterator[Source]:
    """Every source once, sorted by folder and name; `targets` are the translations whose outputs must not meet either;
    `config` is what the rows of an options table are held against.

    Raises UsageError for an input that does not exist and ConfigError for a wrong options table, both before the
    first source is asked for. What goes wrong later is told to `tell`.
    """
    inputs = read_inputs(settings, os.fspath(output))
    table = read_table(settings, config)
    tops = list(dict.fromkeys(tree.top for tree in inputs.trees))
    above = {*tops, *(os.path.dirname(named.path) for named in inputs.files)}
    names = Names(os.path.commonpath(above or {"/"}), tops)
    folders = walk(inputs, lambda path, reason: tell(Problem(printable(path), reason)))
    return _sources(folders, names, table, sorted({*targets, *table.targets()}), tell)


def _sources(
    folders: Iterator[Folder],
    names: Names,
    table: Table,
    targets: Sequence[str],
    tell: Callable[[Problem], None],
) -> Iterator[Source]:
    for folder in folders:
        yield from _in_folder(folder, names, table, targets, tell)
    for place, path in table.unused():
        tell(Problem(place, f"path: {path} is none of the sources"))


def _in_folder(
    folder: Folder,
    names: Names,
    table: Table,
    targets: Sequence[str],
    tell: Callable[[Problem], None],
) -> Iterator[Source]:
    prefix = f"{printable(folder.path)}/" if folder.path else ""
    home = output_folder(prefix)
    stems = Stems(folder.path, list(folder.folders), targets)
    before = None
    for found in folder.files:
        shown = printable(found.name)
        path = found.path
        name = names.name(prefix + shown, path, first=shown != before)
        before = shown
        size, mtime_ns = _status(path, tell)
        yield Source(path, name, home + stems.stem(shown), size, mtime_ns, table.options(name, path))


def _status(path: str, tell: Callable[[Problem], None]) -> tuple[int, int]:
    """Size and time. A file that has gone is still a source, to fail by name rather than to be forgotten."""
    try:
        status = os.stat(path)
    except OSError as error:
        tell(Problem(printable(path), error.strerror or str(error)))
        return 0, 0
    return status.st_size, status.st_mtime_ns
