"""Which files are in the input folders, folder by folder, in an order that does not depend on the disk?

All inputs are walked together: the folder `a` of every input is one Folder, so that names that meet are seen together
and memory holds one folder at a time, however many files there are.
"""

# Paths are str here, not Path: a million Path objects cost seconds, and a name may be any bytes.
# ruff: noqa: PTH116

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import NamedTuple

from pipeline.discover.inputs import Inputs, Named
from pipeline.discover.tree import Forest, State, Tree

Tell = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Branch:
    """One input's folder: `real` differs from `path` once a link was followed, `left` says where links were left."""

    tree: Tree
    path: str
    real: str
    state: State
    left: tuple[str, ...] = ()
    linked: bool = False


class Found(NamedTuple):
    """A file in a folder on disk. A tuple, because one folder may hold a million."""

    name: str
    folder: str

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder != "/" else f"/{self.name}"


@dataclass(slots=True)
class Folder:
    """A relative folder: the files of all inputs in it, sorted by name, and the names of its subfolders."""

    path: str
    files: list[Found] = field(default_factory=list)
    folders: dict[str, list[Branch]] = field(default_factory=dict)


def walk(inputs: Inputs, tell: Tell) -> Iterator[Folder]:
    """Every relative folder once. `tell` hears of what cannot be read: a path, and why."""
    return _Walk(inputs, tell).folders()


class _Walk:
    def __init__(self, inputs: Inputs, tell: Tell):
        self._trees = inputs.trees
        self._forest = Forest(inputs.trees)
        self._tell = tell
        self._links: set[str] = set()
        self._linked_files: set[int] = set()
        self._fruitful: set[int] = set()
        self._named, self._named_real = self._group(inputs.files)

    def folders(self) -> Iterator[Folder]:
        top = [Branch(tree, tree.top, tree.real, tree.start) for tree in self._trees]
        folder = self._scan("", top)
        yield folder
        stack = [(folder, iter(sorted(folder.folders)))]
        while stack:
            parent, names = stack[-1]
            name = next(names, None)
            if name is None:
                stack.pop()
                continue
            path = f"{parent.path}/{name}" if parent.path else name
            # Taken out as it is walked: a folder of a million folders is not kept to the end.
            folder = self._scan(path, parent.folders.pop(name))
            yield folder
            stack.append((folder, iter(sorted(folder.folders))))
        for path in sorted(self._named):
            yield self._scan(path, [])
        for tree in self._trees:
            if id(tree) not in self._fruitful:
                self._tell("/".join((tree.top.rstrip("/"), *tree.parts)), "no recordings")

    def _group(self, files: Sequence[Named]) -> tuple[dict[str, list[Named]], set[str]]:
        """Files that were named, by their folder; one that a walk comes to anyway keeps its place there."""
        grouped: dict[str, list[Named]] = {}
        seen: set[str] = set()
        for named in files:
            real = os.path.realpath(named.path)
            if real in seen or self._forest.reaches(real):
                continue
            seen.add(real)
            grouped.setdefault(named.folder, []).append(named)
        return grouped, seen

    def _scan(self, path: str, branches: list[Branch]) -> Folder:
        folder = Folder(path)
        for branch in branches:
            self._read(branch, folder)
        for named in self._named.pop(path, ()):
            above, name = os.path.split(named.path)
            folder.files.append(Found(name, above))
        folder.files.sort(key=itemgetter(0))  # stable: of equal names the earlier input comes first
        return folder

    def _read(self, branch: Branch, folder: Folder) -> None:
        try:
            with os.scandir(branch.path) as entries:
                for entry in entries:
                    self._entry(branch, folder, entry)
        except OSError as error:
            self._tell(branch.path, error.strerror or str(error))

    def _entry(self, branch: Branch, folder: Folder, entry: os.DirEntry[str]) -> None:
        name = entry.name
        path = f"{folder.path}/{name}" if folder.path else name
        try:
            is_dir = entry.is_dir()
        except OSError as error:  # a link to itself; the others in the folder go on
            self._tell(entry.path, error.strerror or str(error))
            return
        if is_dir:
            below = self._enter(branch, entry, path)
            if below is not None:
                folder.folders.setdefault(name, []).append(below)
        elif branch.tree.takes(branch.state, name, path):
            self._fruitful.add(id(branch.tree))
            self._file(branch, folder, entry, path)

    def _file(self, branch: Branch, folder: Folder, entry: os.DirEntry[str], path: str) -> None:
        if entry.is_symlink() or branch.linked:
            fresh = self._is_new(branch, entry)
        else:
            real = f"{branch.real.rstrip('/')}/{entry.name}"
            fresh = entry.is_file() and not self._forest.reaches(real, before=branch.tree)
        if fresh:
            folder.files.append(Found(entry.name, branch.path))

    def _is_new(self, branch: Branch, entry: os.DirEntry[str]) -> bool:
        """Whether a file behind a link is a file, and is not come to without the link or by another one."""
        try:
            status = os.stat(entry.path)
        except OSError as error:
            self._tell(entry.path, f"a link to nothing ({error.strerror})")
            return False
        if not entry.is_file():
            return False
        real = os.path.realpath(entry.path)
        identity = status.st_ino << 64 | status.st_dev
        if identity in self._linked_files or real in self._named_real:
            return False
        if self._forest.reaches(real):
            return False
        self._linked_files.add(identity)
        return True

    def _enter(self, branch: Branch, entry: os.DirEntry[str], path: str) -> Branch | None:
        state = branch.tree.enter(branch.state, entry.name, path)
        if state is None:
            return None
        real = f"{branch.real.rstrip('/')}/{entry.name}"
        below = replace(branch, path=entry.path, real=real, state=state)
        if entry.is_symlink():
            real = os.path.realpath(entry.path)
            if real in self._links or any(_holds(real, place) for place in (*branch.left, branch.real)):
                return None
            self._links.add(real)
            below = replace(below, real=real, left=(*branch.left, branch.real), linked=True)
        return None if branch.tree.is_output(below.real) else below


def _holds(folder: str, place: str) -> bool:
    """Whether a place is a folder or below it: a link there would be walked in a circle."""
    return f"{place}/".startswith(f"{folder.rstrip('/')}/")
