"""Which time belongs to which place in a text, when the times of its words are known?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

Span = tuple[int, int]


class Ruler:
    """Words laid end to end: their lengths are the marks, their times the clock. Time never goes back."""

    def __init__(self, spans: Sequence[Span], lengths: Sequence[int]):
        # Words without length (marks alone) take no room; where there is nothing else all count alike.
        self.lengths = list(lengths) if any(lengths) else [1000] * len(spans)
        self.edges = [0, *accumulate(self.lengths)]
        self.starts = list(accumulate((start for start, _ in spans), max))
        stops = accumulate((stop for _, stop in spans), max)
        self.stops = [max(start, stop) for start, stop in zip(self.starts, stops, strict=True)]

    def spans(self, ends: Sequence[int]) -> list[Span]:
        """The spans of texts that stand end to end and end at these places."""
        return self.spans_between(list(zip([0, *ends], ends, strict=False)))

    def spans_between(self, places: Sequence[tuple[int, int]]) -> list[Span]:
        """The spans of texts that stand between these places; a text without room is where the last one ended."""
        found, reached = [], self.starts[0]
        for first, last in places:
            start_ms = self._start_at(first) if last > first else reached
            reached = max(start_ms, self._end_at(last)) if last > first else reached
            found.append((start_ms, reached))
        return found

    def dealt(self, widths: Sequence[int]) -> list[Span]:
        """The spans of other texts of these widths, dealt out over the whole length in proportion."""
        total = sum(widths) or 1
        length = self.edges[-1]
        return self.spans([length * done // total for done in accumulate(widths)])

    def _start_at(self, place: int) -> int:
        return self._time(min(bisect_right(self.edges, place) - 1, len(self.lengths) - 1), place)

    def _end_at(self, place: int) -> int:
        return self._time(max(bisect_left(self.edges, place) - 1, 0), place)

    def _time(self, word: int, place: int) -> int:
        length = self.lengths[word] or 1
        into = min(place - self.edges[word], length)
        return self.starts[word] + (self.stops[word] - self.starts[word]) * into // length
