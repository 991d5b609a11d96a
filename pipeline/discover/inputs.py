"""What do the paths of the config name: folders to walk, or single files?"""

# Paths are str here, not Path: a million Path objects cost seconds, and a name may be any bytes.
# ruff: noqa: PTH100, PTH111, PTH116, PTH117, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.config.schema import InputSettings
from pipeline.discover.patterns import is_magic
from pipeline.discover.tree import Filter, Tree, folder_tree, glob_tree
from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Named:
    """A file that was named itself: no pattern is asked about it, except what is excluded."""

    path: str
    folder: str
    """relative folder of its outputs"""


@dataclass(slots=True)
class Inputs:
    trees: list[Tree] = field(default_factory=list)
    files: list[Named] = field(default_factory=list)


def read_inputs(settings: InputSettings, output: str) -> Inputs:
    """The config's paths, looked at. Raises UsageError with every path that does not exist."""
    reader = _Reader(Filter.of(settings), os.path.realpath(output))
    for path in settings.paths:
        reader.add(path)
    if reader.missing:
        raise UsageError(
            "\n".join(
                f"input.paths: {os.fsencode(path).decode(errors='replace')}: no such file or folder"
                for path in reader.missing
            )
        )
    return reader.inputs


class _Reader:
    def __init__(self, filters: Filter, output: str):
        self._filters = filters
        self._output = output
        self.inputs = Inputs()
        self.missing: list[str] = []

    def add(self, path: str) -> None:
        if path.startswith("@"):
            self._add_list(path[1:])
        elif not self._add_one(os.path.abspath(path), ""):
            self.missing.append(path)

    def _add_one(self, path: str, folder: str) -> bool:
        """Whether there is such a path. What exists as it is spelled is no pattern."""
        mode = _mode(path)
        if mode is not None and stat.S_ISDIR(mode):
            self.inputs.trees.append(folder_tree(path, self._filters, self._output))
        elif mode is not None:
            self.inputs.files.append(Named(path, folder))
        elif is_magic(path):
            self.inputs.trees.append(glob_tree(path, self._filters, self._output))
        else:
            return False
        return True

    def _add_list(self, path: str) -> None:
        base = os.path.dirname(os.path.abspath(path))
        try:
            lines = list(_lines(path))
        except OSError:
            self.missing.append(f"@{path}")
            return
        for line in lines:
            spelled = os.path.expanduser(line)
            folder = "" if os.path.isabs(spelled) else os.path.dirname(os.path.normpath(spelled))
            full = os.path.normpath(os.path.join(base, spelled))
            # The tree of a list is kept, unless it climbs out of the list's own folder.
            if not self._add_one(full, "" if folder.split("/")[0] == ".." else folder):
                # Asked for by name and not there: it is taken, to fail by name.
                self.inputs.files.append(Named(full, folder))


def _lines(path: str) -> Iterator[str]:
    """One path a line, `#` begins a comment; a list with zero bytes (find -print0) has those as ends instead."""
    with open(path, "rb") as stream:
        data = stream.read()
    if b"\0" in data:
        yield from (os.fsdecode(line) for line in data.split(b"\0") if line)
        return
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        text = os.fsdecode(line.rstrip(b"\r"))
        if text.strip() and not text.startswith("#"):
            yield text


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return None
