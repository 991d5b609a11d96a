"""What is the smallest piece of text that a cue or a line may end after?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of display text with its time: a word, or a character where words are written without spaces.

    `spaced` says that a space stands before it on a line; `whole` that a word begins here (a break before a token
    that is not whole cuts a word). `turn` counts the speakers' turns in the track, `segment` the segments.
    """

    text: str
    start_ms: int
    end_ms: int
    spaced: bool = True
    whole: bool = True
    turn: int = 0
    segment: int = 0
    voice: str | None = None


def joined(tokens: Sequence[Token]) -> str:
    """The text of tokens on one line."""
    parts = [tokens[0].text] if tokens else []
    for token in tokens[1:]:
        parts.append(f" {token.text}" if token.spaced else token.text)
    return "".join(parts)
