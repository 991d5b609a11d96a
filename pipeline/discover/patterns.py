"""Which names does a pattern mean?

`*`, `?` and `[abc]` stay within one name; `**` crosses folders. A pattern without a slash is about a name, one with a
slash about a path relative to the input folder. Letter case never matters: a camera writes .WAV.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


def is_magic(text: str) -> bool:
    """Whether a path is a pattern."""
    return any(mark in text for mark in "*?[")


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for the whole text."""
    return re.compile(_regex(pattern), re.IGNORECASE | re.DOTALL)


class Patterns:
    """Any of several patterns."""

    def __init__(self, patterns: Sequence[str]):
        cleaned = [pattern.removeprefix("./").rstrip("/") for pattern in patterns]
        self._names = [compiled(pattern) for pattern in cleaned if pattern and "/" not in pattern]
        self._paths = [compiled(pattern.lstrip("/")) for pattern in cleaned if "/" in pattern]

    def __bool__(self) -> bool:
        return bool(self._names or self._paths)

    def match(self, name: str, path: str) -> bool:
        """Whether a file or folder is meant; `path` is relative to the input folder."""
        return any(one.fullmatch(name) for one in self._names) or any(one.fullmatch(path) for one in self._paths)


def _regex(pattern: str) -> str:
    parts = []
    position = 0
    while position < len(pattern):
        piece, position = _piece(pattern, position)
        parts.append(piece)
    return "".join(parts)


def _piece(pattern: str, at: int) -> tuple[str, int]:
    """The regular expression of what stands at a position, and the position after it."""
    if pattern.startswith("**/", at):
        return "(?:[^/]*/)*", at + 3
    if pattern.startswith("**", at):
        return ".*", at + 2
    if pattern[at] == "*":
        return "[^/]*", at + 1
    if pattern[at] == "?":
        return "[^/]", at + 1
    end = pattern.find("]", at + 2) if pattern[at] == "[" else -1
    if end < 0:
        return re.escape(pattern[at]), at + 1
    inside = re.sub(r"([\\\[&~|])", r"\\\1", pattern[at + 1 : end])
    inside = f"^{inside[1:]}" if inside[0] in "!^" else inside
    return (f"[{inside}]" if _is_class(inside) else re.escape(pattern[at : end + 1])), end + 1


def _is_class(inside: str) -> bool:
    try:
        re.compile(f"[{inside}]")
    except re.error:
        return False
    return True
