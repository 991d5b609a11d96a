"""How does a file appear whole or not at all?

The only module that writes outputs: a temporary file in the same folder, fsync, then a rename over the old one.
A reader sees the old bytes or the new ones, never half of them, whatever is killed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import OutputError

TEMP_PREFIX = ".speech-pipeline-"
_BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in blocks. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all. Raises OutputError."""
    write_blocks(path, [data])


def write_text(path: Path, text: str) -> None:
    """UTF-8, newlines as they stand. Lone surrogates (undecodable names) become `?`. Raises OutputError."""
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_blocks(path: Path, blocks: Iterable[bytes]) -> None:
    """As write_bytes, for data that need not be in memory at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=TEMP_PREFIX, dir=path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            for block in blocks:
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes private files; an output is as readable as the user's umask says.
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
        _sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        if isinstance(error, OSError):
            raise unwritable(path, error) from error
        raise


def _sync_folder(folder: Path) -> None:
    """A rename survives a power loss only once the folder itself is on disk."""
    handle = os.open(folder, os.O_RDONLY)
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


def _umask() -> int:
    # os.umask is the only way to read it, and sets it for an instant: take it from /proc where there is one.
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except OSError:
        pass
    return 0o022
