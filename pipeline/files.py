"""How does a file appear whole or not at all?

The only module that writes outputs: a temporary file in the same folder, fsync, then a rename over the old one.
A reader sees the old bytes or the new ones, never half of them, whatever is killed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import OutputError

TEMP_PREFIX = ".speech-pipeline-"
_BLOCK_BYTES = 1 << 20


def _umask() -> int:
    """The process's umask; it can only be read by setting it, so this is done once, before there are threads."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


UMASK = _umask()


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in blocks. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all. Raises OutputError."""
    write_all([(path, [data])])


def write_text(path: Path, text: str) -> None:
    """UTF-8, newlines as they stand. Lone surrogates (undecodable names) become `?`. Raises OutputError."""
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_all(files: Iterable[tuple[Path, Iterable[bytes]]]) -> None:
    """Put each file's blocks at its path. No file appears before all are on the disk. Raises OutputError.

    One file is asked for after the other, so that a caller may make each when its turn comes.
    """
    ready: dict[Path, Path] = {}
    path = Path()
    try:
        for path, blocks in files:
            ready[path] = _temporary(path, blocks)
        for path, temporary in ready.items():
            temporary.replace(path)
        for folder in {path.parent for path in ready}:
            _sync(folder)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        for temporary in ready.values():
            temporary.unlink(missing_ok=True)


def write_again(path: Path, copy: Path) -> None:
    """Let `copy` be `path` once more: by a second name where the disk can, else the same bytes. Raises OutputError."""
    try:
        with tempfile.TemporaryDirectory(prefix=TEMP_PREFIX, dir=copy.parent) as folder:
            second = Path(folder) / copy.name
            try:
                second.hardlink_to(path)
            except OSError:
                shutil.copy(path, second)
                _sync(second)
            second.replace(copy)
        _sync(copy.parent)
    except OSError as error:
        raise unwritable(copy, error) from error


def _temporary(path: Path, blocks: Iterable[bytes]) -> Path:
    """The blocks in a new file beside `path`, on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=TEMP_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            for block in blocks:
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes private files; an output is as readable as the user's umask says.
        temporary.chmod(0o666 & ~UMASK)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _sync(path: Path) -> None:
    """Wait until it is on the disk. A rename survives a power loss only once the folder itself is."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unwritable(path: Path, error: OSError) -> OutputError:
    """The OutputError for an OSError while writing `path`; a full disk has a code of its own."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    code = "disk-full" if full else "output-unwritable"
    return OutputError(f"cannot write {os.fspath(path)!r}: {error.strerror or error}", code=code)


def sweep(folder: Path) -> int:
    """Remove the temporary files a killed run left in `folder` and below; how many there were."""
    count = 0
    for stale in folder.rglob(f"{TEMP_PREFIX}*"):
        with contextlib.suppress(OSError):
            if stale.is_file():
                stale.unlink()
                count += 1
    return count
