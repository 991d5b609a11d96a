"""Which parts of a sound have a voice and hardly any words?

Whisper can drop a whole utterance without a sign (good score, no error), above all where the speaker or the room
changes inside a window: on clips joined at random, base lost 4% of all words that way. The times of the words give
it away: natural speech has 7 to 20 letters in every second of voice, and a part that was dropped has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.host.hearing.words import UNSPACED, Span, TimedWord

FEW_LETTERS_PER_S = 4.0
FEW_CHARACTERS_PER_S = 1.2
"""The same for languages whose characters are syllables or words."""
DIGIT_LETTERS = 4
"""A digit is a word when it is said."""

SHORTEST_PART_MS = 600
"""Less voice than this is not told apart: a drawn-out word may fill it."""
SHORTEST_GAP_MS = 90
MARGIN_MS = 320


@dataclass(frozen=True)
class Part:
    """A part of a sound, in ms from its start; `speech` are the voiced stretches in it, from the part's own start."""

    start_ms: int
    end_ms: int
    speech: tuple[Span, ...]


def unheard(words: Sequence[TimedWord], speech: Sequence[Span], length_ms: int, language: str) -> list[Part]:
    """The parts to be read again, each as long as it can be; none where nothing was heard (it is no speech)."""
    groups = _groups(speech) if words else []
    few = FEW_CHARACTERS_PER_S if language in UNSPACED else FEW_LETTERS_PER_S
    empty = [_said_in(words, group) < few * _voiced(group) / 1000 for group in groups]
    if len(groups) < 2 or not any(empty):
        return []
    cuts = [0, *((early[-1][1] + late[0][0]) // 2 for early, late in pairwise(groups)), length_ms]
    parts: list[Part] = []
    at = 0
    while at < len(groups):
        after = at + 1
        while empty[at] and after < len(groups) and empty[after]:
            after += 1
        if empty[at]:
            parts.append(_part([stretch for group in groups[at:after] for stretch in group], cuts[at], cuts[after]))
        at = after
    return parts


def letters(text: str) -> int:
    return sum(DIGIT_LETTERS if letter.isdigit() else letter.isalpha() for letter in text)


def _groups(speech: Sequence[Span]) -> list[list[Span]]:
    """Voiced stretches between pauses; each group has enough voice to be understood alone."""
    groups: list[list[Span]] = []
    for stretch in speech:
        apart = groups and stretch[0] - groups[-1][-1][1] >= SHORTEST_GAP_MS
        if not groups or (apart and _voiced(groups[-1]) >= SHORTEST_PART_MS):
            groups.append([])
        groups[-1].append(stretch)
    if len(groups) > 1 and _voiced(groups[-1]) < SHORTEST_PART_MS:
        last = groups.pop()
        groups[-1] += last
    return groups


def _said_in(words: Sequence[TimedWord], group: Sequence[Span]) -> float:
    """The letters said there; of a word that reaches beyond, its share."""
    start, end = group[0][0], group[-1][1]
    return sum(
        letters(word.text) * max(0, min(end, word.end_ms) - max(start, word.start_ms)) / (word.end_ms - word.start_ms)
        for word in words
    )


def _part(group: Sequence[Span], start_ms: int, end_ms: int) -> Part:
    start_ms = max(start_ms, group[0][0] - MARGIN_MS)
    end_ms = min(end_ms, group[-1][1] + MARGIN_MS)
    return Part(start_ms, end_ms, tuple((early - start_ms, late - start_ms) for early, late in group))


def _voiced(group: Sequence[Span]) -> int:
    return sum(end - start for start, end in group)
