"""Was something left out of a text, and in which pieces is its sound read again?

Whisper can drop a whole utterance without a sign (good score, no error), above all where the speaker or the room
changes inside a window: on clips joined at random, base lost 3.2% of all words that way even in windows of 10 s.
Too little text for so much voice is the sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.host.hearing.words import UNSPACED, Span

FEW_LETTERS_PER_S = 8.0
"""People say 10 to 18 letters a second; a slow reader of verse 9."""
FEW_CHARACTERS_PER_S = 2.5
"""The same for languages whose letters are syllables or words."""

SHORTEST_VOICE_MS = 1_500
"""Less voice than this is not doubted: one drawn-out word may fill it."""
SHORTEST_PIECE_MS = 600
SHORTEST_GAP_MS = 90
MARGIN_MS = 320


@dataclass(frozen=True)
class Piece:
    """A part of a sound, in ms from its start, with the voiced stretches in it (from the piece's own start)."""

    start_ms: int
    end_ms: int
    speech: tuple[Span, ...]


def seems_short(text: str, speech: Sequence[Span], language: str) -> bool:
    """Whether there is too little text for the voice that was heard."""
    voiced_ms = sum(end - start for start, end in speech)
    few_per_s = FEW_CHARACTERS_PER_S if language in UNSPACED else FEW_LETTERS_PER_S
    return voiced_ms >= SHORTEST_VOICE_MS and letters(text) < few_per_s * voiced_ms / 1000


def letters(text: str) -> int:
    return sum(letter.isalnum() for letter in text)


def pieces(speech: Sequence[Span], length_ms: int) -> list[Piece]:
    """The sound cut at its pauses; a piece has enough voice to be understood alone."""
    groups: list[list[Span]] = []
    for stretch in speech:
        apart = groups and stretch[0] - groups[-1][-1][1] >= SHORTEST_GAP_MS
        if not groups or (apart and _voiced(groups[-1]) >= SHORTEST_PIECE_MS):
            groups.append([])
        groups[-1].append(stretch)
    if len(groups) > 1 and _voiced(groups[-1]) < SHORTEST_PIECE_MS:
        last = groups.pop()
        groups[-1] += last
    cuts = [(early[-1][1] + late[0][0]) // 2 for early, late in pairwise(groups)]
    return [_piece(group, start, end) for group, start, end in zip(groups, [0, *cuts], [*cuts, length_ms], strict=True)]


def _piece(group: Sequence[Span], start_ms: int, end_ms: int) -> Piece:
    start_ms = max(start_ms, group[0][0] - MARGIN_MS)
    end_ms = min(end_ms, group[-1][1] + MARGIN_MS)
    return Piece(start_ms, end_ms, tuple((early - start_ms, late - start_ms) for early, late in group))


def _voiced(group: Sequence[Span]) -> int:
    return sum(end - start for start, end in group)
