"""Is a recording still what it was when its bytes were hashed?

A recording that needs no conversion is read where it lies, minutes or hours after it was hashed. What was heard of
other bytes must not be kept under that hash.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.errors import SourceGone
from pipeline.values import Source

HINT = "run again when it is complete"


def watched(source: Source) -> Callable[[], None]:
    """A check to be made later; it raises SourceGone where the recording is not as it is now."""
    before = _stamp(source.path)

    def check() -> None:
        now = _stamp(source.path)
        if now is None:
            raise SourceGone(f"{source.name} is no longer there", code="source-gone")
        if now != before:
            raise SourceGone(f"{source.name} changed while it was being recognised", hint=HINT, retryable=True)

    return check


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
