"""Which words of the recogniser is each piece of display text made of, and so when is it spoken?

The service's word times belong to lexical words ("one thousand twenty five"), its display text says "1,025". Both
are reduced to bare letters and digits. Where the two agree, character by character, the times are exact; where they
differ, the stretch between two agreements is dealt out by spoken length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from pipeline.subtitles.numbers import bare, spoken_length
from pipeline.subtitles.pieces import pieces
from pipeline.subtitles.ruler import Ruler, Span
from pipeline.values import Word


def aligned(texts: Sequence[str], words: Sequence[Word]) -> list[Span]:
    """The time of each text, in order and never going back."""
    if len(texts) == len(words) and all(text == word.text for text, word in zip(texts, words, strict=True)):
        # Display words: each has its own time, marks that are words for themselves too.
        return Ruler([(word.start_ms, word.end_ms) for word in words], [1] * len(words)).spans(range(1, len(words) + 1))
    bare_texts = [bare(text) for text in texts]
    bare_words = [bare(word.text) for word in words]
    ruler = Ruler([(word.start_ms, word.end_ms) for word in words], [len(word) for word in bare_words])
    if "".join(bare_texts) == "".join(bare_words):
        ends = list(accumulate(len(text) for text in bare_texts))
    else:
        ends = _matched_ends(texts, bare_texts, words, ruler)
    return ruler.spans(ends)


def _matched_ends(texts: Sequence[str], bare_texts: Sequence[str], words: Sequence[Word], ruler: Ruler) -> list[int]:
    """Where each text ends in the stream: at its own word where one matches, else by spoken length between matches."""
    units = list(_units(words, ruler))
    ends: list[int] = []
    place = 0
    for first, last, reached in _stretches(bare_texts, units, ruler.edges[-1]):
        if last - first == 1:
            ends.append(reached)
        else:
            ends.extend(_dealt(texts[first:last], place, reached, ruler.edges))
        place = reached
    return ends


def _units(words: Sequence[Word], ruler: Ruler) -> Iterator[tuple[str, int]]:
    # Words of scripts without spaces are cut like the display text, so that characters can match characters.
    for word, edge in zip(words, ruler.edges, strict=False):
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
