"""Would these lines of a finished cue be broken better elsewhere?

Works on any cue: its words are taken from its own lines. Tags count as part of the word they touch and take no room.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from pipeline.subtitles.breaks import BAD, breaks
from pipeline.subtitles.cue import half_widths, line_limit
from pipeline.subtitles.lines import line_ends
from pipeline.subtitles.pieces import pieces
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.token import Token, joined

_DASH = re.compile(r"^\s*[-–—‐]")


def better_lines(lines: Sequence[str], profile: Profile) -> tuple[str, ...] | None:
    """Better lines for the same words, or None where these are as good as any: a text that fits on one line stands on
    one, and no line ends on a word that binds to the next where another end would do."""
    if len(lines) < 2 or kept_apart(lines, profile):
        return None
    tokens = line_tokens(lines, profile)
    costs = breaks(tokens, profile.language)
    room = line_limit(profile)
    ends = line_ends(tokens, costs, room)
    best = tuple(joined(tokens[first:last]) for first, last in zip([0, *ends], ends, strict=False))
    if len(ends) == 1:
        return best
    now = list(accumulate(len(pieces(line)) for line in lines))[:-1]
    if len(ends) > profile.max_lines or worst(costs, now) < BAD or worst(costs, ends[:-1]) >= BAD:
        return None
    return best


def kept_apart(lines: Sequence[str], profile: Profile) -> bool:
    """Whether the lines stand for themselves: a dash a speaker, or a language each."""
    return profile.bilingual or sum(1 for line in lines if _DASH.match(line)) > 1


def line_tokens(lines: Sequence[str], profile: Profile) -> list[Token]:
    """The words of finished lines, without times."""
    tokens = []
    for number, line in enumerate(lines):
        for position, piece in enumerate(pieces(line)):
            glued = position == 0 and (number == 0 or profile.unspaced)
            tokens.append(Token(piece.text, 0, 0, piece.spaced and not glued, piece.spaced))
    return tokens


def worst(costs: Sequence[float], ends: Sequence[int]) -> float:
    return max((costs[end - 1] for end in ends), default=0.0)


def fits(lines: Sequence[str], profile: Profile) -> bool:
    room = line_limit(profile)
    return len(lines) <= profile.max_lines and all(half_widths(line) <= room for line in lines)
