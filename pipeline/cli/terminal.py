"""What of somebody else's text may reach a terminal?

Names, messages of outside programs and transcripts come from outside: a control character in them could colour, move
or overwrite what the user reads.
"""

from __future__ import annotations

import io
from typing import TextIO


def printable(text: str) -> str:
    """The text on one line, with everything that is no visible character spelled out."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def printable_lines(text: str) -> str:
    """As `printable`, for a message of several lines."""
    return "\n".join(map(printable, text.split("\n")))


def never_fail(*streams: TextIO) -> None:
    """A character that the terminal's encoding lacks, or a name that is not text, is spelled out too."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
