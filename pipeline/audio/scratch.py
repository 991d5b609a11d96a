"""Where does converted audio lie while it is needed, and who clears it away?

Each run has a folder of its own and holds a lock on it. The kernel lets go of the lock when the run ends, however it
ends; the next run removes every folder whose lock is free. That needs no process ids (which repeat, and mean nothing
across containers that share a disk).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from pipeline.files import unwritable

# Folders of this name are removed, so nothing else in a folder that the user chose may be called so.
_PREFIX = ".speech-pipeline-run-"


class Scratch:
    """A run's own folder below `folder`; `with` removes it, and everything in it, on every way out."""

    def __init__(self, folder: Path):
        self._parent = folder
        self._lock = -1
        self.path = folder

    def __enter__(self) -> Scratch:
        try:
            self._parent.mkdir(parents=True, exist_ok=True)
            sweep_scratch(self._parent)
            while self._lock < 0:
                self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
                self._lock = _lock(self.path)
        except OSError as error:
            raise unwritable(self._parent, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = -1

    @contextlib.contextmanager
    def room(self) -> Iterator[Path]:
        """A fresh folder for one recording, removed at the end. Raises OutputError."""
        path = self.take()
        try:
            yield path
        finally:
            self.give_back(path)

    def take(self) -> Path:
        """A fresh folder for one recording; give_back removes it. Raises OutputError."""
        try:
            return Path(tempfile.mkdtemp(dir=self.path))
        except OSError as error:
            raise unwritable(self.path, error) from error

    def give_back(self, room: Path) -> None:
        """Remove what `take` made. Never reaches outside the scratch folder, where the recordings are."""
        if room.parent == self.path:
            shutil.rmtree(room, ignore_errors=True)


def sweep_scratch(folder: Path) -> int:
    """Remove what runs that no longer live left in `folder`; how many folders that were."""
    count = 0
    for stale in sorted(folder.glob(f"{_PREFIX}*")):
        if stale.is_symlink() or not stale.is_dir():
            continue
        lock = _lock(stale)
        if lock >= 0:
            shutil.rmtree(stale, ignore_errors=True)
            os.close(lock)
            count += 1
    return count


def _lock(folder: Path) -> int:
    """The descriptor that holds the lock on a folder; -1 where another run has it or the folder is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A sweep may have come between making the folder and locking it.
        if os.fstat(descriptor).st_ino == folder.stat().st_ino:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return -1
