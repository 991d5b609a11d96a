"""Which words of the recogniser is each piece of display text made of, and so when is it spoken?

The service's word times belong to lexical words ("one thousand twenty five"), its display text says "1,025". Both
are reduced to bare letters and digits. Where the two agree, character by character, the times are exact; where they
differ, the stretch between two agreements is dealt out by spoken length.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from pipeline.subtitles.numbers import bare, spoken_length
from pipeline.subtitles.pieces import pieces
from pipeline.values import Word

Span = tuple[int, int]


def aligned(texts: Sequence[str], words: Sequence[Word]) -> list[Span]:
    """The time of each text, in order and never going back."""
    bare_texts = [bare(text) for text in texts]
    bare_words = [bare(word.text) for word in words]
    clock = _Clock(words, [len(word) for word in bare_words])
    if "".join(bare_texts) == "".join(bare_words):
        ends = list(accumulate(len(text) for text in bare_texts))
    else:
        ends = _matched_ends(texts, bare_texts, words, clock)
    return clock.spans(ends)


class _Clock:
    """The words as one stream of bare characters, and the time of every place in it."""

    def __init__(self, words: Sequence[Word], lengths: Sequence[int]):
        # Words that are only marks take no room in the stream; a stream of nothing else is counted by words.
        self.lengths = list(lengths) if any(lengths) else [1] * len(words)
        self.edges = [0, *accumulate(self.lengths)]
        self.starts = list(accumulate((word.start_ms for word in words), max))
        ends = accumulate((word.end_ms for word in words), max)
        self.stops = [max(start, end) for start, end in zip(self.starts, ends, strict=True)]

    def spans(self, ends: Sequence[int]) -> list[Span]:
        """The spans of texts that end at these places of the stream; a text without room is where the last ended."""
        found, place, reached = [], 0, self.starts[0]
        for end in ends:
            start_ms = self._start_at(place) if end > place else reached
            reached = max(start_ms, self._end_at(end)) if end > place else reached
            found.append((start_ms, reached))
            place = end
        return found

    def _start_at(self, place: int) -> int:
        return self._time(min(bisect_right(self.edges, place) - 1, len(self.lengths) - 1), place)

    def _end_at(self, place: int) -> int:
        return self._time(max(bisect_left(self.edges, place) - 1, 0), place)

    def _time(self, word: int, place: int) -> int:
        length = self.lengths[word] or 1
        into = min(place - self.edges[word], length)
        return self.starts[word] + (self.stops[word] - self.starts[word]) * into // length


def _matched_ends(texts: Sequence[str], bare_texts: Sequence[str], words: Sequence[Word], clock: _Clock) -> list[int]:
    """Where each text ends in the stream: at its own word where one matches, else by spoken length between matches."""
    units = list(_units(words, clock))
    ends: list[int] = []
    place = 0
    for first, last, reached in _stretches(bare_texts, units, clock.edges[-1]):
        if last - first == 1:
            ends.append(reached)
        else:
            ends.extend(_dealt(texts[first:last], place, reached, clock.edges))
        place = reached
    return ends


def _units(words: Sequence[Word], clock: _Clock) -> Iterator[tuple[str, int]]:
    # Words of scripts without spaces are cut like the display text, so that characters can match characters.
    for word, edge in zip(words, clock.edges, strict=False):
        end = edge
        for piece in pieces(word.text):
            text = bare(piece.text)
            end += len(text)
            if text:
                yield text, end


def _stretches(texts: Sequence[str], units: Sequence[tuple[str, int]], total: int) -> Iterator[tuple[int, int, int]]:
    """Runs of texts (first, last) and the place in the stream where each run ends: single texts where they match."""
    pairs = _longest_match(texts, [text for text, _ in units])
    first = 0
    for text, unit in [*pairs, (len(texts), len(units))]:
        if first < text:
            place = units[unit - 1][1] if unit > 0 else 0
            yield first, text, total if text == len(texts) else place
        if text < len(texts):
            yield text, text + 1, units[unit][1]
        first = text + 1


def _longest_match(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of equal items of a longest common subsequence, in order."""
    rows = len(left) + 1
    columns = len(right) + 1
    best = [[0] * columns for _ in range(rows)]
    for i in range(rows - 2, -1, -1):
        row, below, item = best[i], best[i + 1], left[i]
        for j in range(columns - 2, -1, -1):
            row[j] = below[j + 1] + 1 if item and item == right[j] else max(below[j], row[j + 1])
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] and left[i] == right[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _dealt(texts: Sequence[str], start: int, end: int, edges: Sequence[int]) -> list[int]:
    """Ends for several texts over one stretch, by spoken length, each moved to the nearest end of a word."""
    weights = [spoken_length(text) for text in texts]
    total = sum(weights) or 1
    ends, done, place = [], 0, start
    for weight in weights[:-1]:
        done += weight
        wanted = start + (end - start) * done / total
        near = [edge for edge in _around(edges, wanted) if place <= edge <= end]
        if weight:
            place = min(near, key=lambda edge: abs(edge - wanted)) if near else round(wanted)
        ends.append(place)
    return [*ends, end]


def _around(edges: Sequence[int], wanted: float) -> Sequence[int]:
    position = bisect_left(edges, wanted)
    return edges[max(0, position - 1) : position + 1]
