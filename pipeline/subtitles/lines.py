"""How is the text of one cue laid out on its lines?"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from pipeline.subtitles.breaks import BAD
from pipeline.subtitles.cue import DASH, half_widths
from pipeline.subtitles.token import Token, joined

# A character of difference between two lines costs this much; more where the top line is the longer one.
_BALANCE = 0.5
_TOP_HEAVY = 0.8
# A line never ends on an article where any other end would do.
_BAD_WEIGHT = 100


def laid_out(tokens: Sequence[Token], costs: Sequence[float], room: int) -> tuple[str, ...]:
    """The lines of a cue: as few as hold it; `costs` are the break costs after each token."""
    if not tokens:
        return ()
    turns = turns_of(tokens)
    if len(turns) > 1:
        return tuple(DASH + joined(turn) for turn in turns)
    ends = line_ends(tokens, costs, room)
    return tuple(joined(tokens[first:last]) for first, last in zip([0, *ends], ends, strict=False))


def line_ends(tokens: Sequence[Token], costs: Sequence[float], room: int) -> list[int]:
    """After how many tokens each line of one speaker's text ends."""
    edges = line_edges(tokens)
    weights = [cost * (_BAD_WEIGHT if cost >= BAD else 1) for cost in costs]
    return _best(edges, weights, room, 0, lines_needed(edges, room))[1]


def turns_of(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The tokens of each speaker's turn."""
    starts = [i for i in range(len(tokens)) if i == 0 or tokens[i].turn != tokens[i - 1].turn]
    return [tokens[first:last] for first, last in zip(starts, [*starts[1:], len(tokens)], strict=True)]


@dataclass(frozen=True, slots=True)
class Edges:
    """Widths summed: a line of tokens first..last-1 is `right[last] - left[first]` half-widths long."""

    left: Sequence[int]
    right: Sequence[int]

    def width(self, first: int, last: int) -> int:
        return self.right[last] - self.left[first]


def line_edges(tokens: Sequence[Token]) -> Edges:
    left, right = array("l"), array("l", [0])
    place = 0
    for token in tokens:
        place += 1 if token.spaced and left else 0
        left.append(place)
        place += half_widths(token.text)
        right.append(place)
    return Edges(left, right)


def lines_needed(edges: Edges, room: int) -> int:
    """The fewest lines; a token wider than the room has one for itself."""
    count, first, total = 1, 0, len(edges.left)
    for last in range(1, total + 1):
        if edges.width(first, last) > room and last - first > 1:
            count, first = count + 1, last - 1
    return count


def _best(edges: Edges, costs: Sequence[float], room: int, first: int, count: int) -> tuple[float, list[int]]:
    """The cheapest ends of `count` lines from `first` on: break quality and evenness, the bottom line the longer."""
    total = len(edges.left)
    if count == 1:
        return (0.0 if edges.width(first, total) <= room or total - first == 1 else inf), [total]
    cheapest: tuple[float, list[int]] = (inf, [total])
    for last in range(first + 1, total):
        width = edges.width(first, last)
        if width > room and last - first > 1:
            break
        rest, ends = _best(edges, costs, room, last, count - 1)
        uneven = width - edges.width(last, total) / (count - 1)
        cost = rest + costs[last - 1] + (uneven * _TOP_HEAVY if uneven > 0 else -uneven * _BALANCE)
        if cost < cheapest[0]:
            cheapest = (cost, [last, *ends])
    return cheapest
