"""Which words of the recogniser is each piece of display text made of, and so when is it spoken?

The service's word times belong to lexical words ("one thousand twenty five"), its display text says "1,025". Both
are reduced to bare letters and digits. Where the two agree, character by character, the times are exact; where they
differ, the stretch between two agreements is dealt out by spoken length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from pipeline.subtitles.numbers import bare, spoken_length
from pipeline.subtitles.pieces import pieces
from pipeline.subtitles.ruler import Ruler, Span
from pipeline.values import Word

# A longer segment than any service gives (2,000 words) would need a table too large for an exact answer.
_MOST_CELLS = 4_000_000


def aligned(texts: Sequence[str], words: Sequence[Word]) -> list[Span]:
    """The time of each text, in order and never going back."""
    if len(texts) == len(words) and all(text == word.text for text, word in zip(texts, words, strict=True)):
        # Display words: each has its own time, marks that are words for themselves too.
        return Ruler([(word.start_ms, word.end_ms) for word in words], [1] * len(words)).spans(range(1, len(words) + 1))
    bare_texts = [bare(text) for text in texts]
    bare_words = [bare(word.text) for word in words]
    ruler = Ruler([(word.start_ms, word.end_ms) for word in words], [len(word) for word in bare_words])
    if not any(bare_texts):
        return ruler.dealt([1] * len(texts))
    if "".join(bare_texts) == "".join(bare_words):
        return ruler.spans(list(accumulate(len(text) for text in bare_texts)))
    return ruler.spans_between(_matched(texts, bare_texts, list(_units(words, ruler)), ruler.edges))


def _matched(
    texts: Sequence[str], bare_texts: Sequence[str], units: Sequence[Unit], edges: Sequence[int]
) -> list[tuple[int, int]]:
    """Where each text stands in the stream: on its own word where one matches, else dealt out between matches."""
    places: list[tuple[int, int]] = []
    first, reached = 0, 0
    for text, unit in [*_longest_match(bare_texts, [unit.text for unit in units]), (len(texts), len(units))]:
        start, end = (units[unit].start, units[unit].end) if unit < len(units) else (edges[-1], edges[-1])
        if first < text:
            ends = _dealt(texts[first:text], reached, start, edges)
            places.extend(zip([reached, *ends], ends, strict=False))
        if text < len(texts):
            places.append((start, end))
        first, reached = text + 1, end
    return places


@dataclass(frozen=True, slots=True)
class Unit:
    """A recogniser's word, or a character of it, and its place in the stream."""

    text: str
    start: int
    end: int


def _units(words: Sequence[Word], ruler: Ruler) -> Iterator[Unit]:
    # Words of scripts without spaces are cut like the display text, so that characters can match characters.
    for word, edge in zip(words, ruler.edges, strict=False):
        place = edge
        for piece in pieces(word.text):
            text = bare(piece.text)
            if text:
                yield Unit(text, place, place + len(text))
            place += len(text)


def _longest_match(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of equal items of a longest common subsequence, in order."""
    if len(left) * len(right) > _MOST_CELLS:
        blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        pairs = [(block.a + at, block.b + at) for block in blocks for at in range(block.size)]
        return [(i, j) for i, j in pairs if left[i]]
    rows = len(left) + 1
    columns = len(right) + 1
    best = [[0] * columns for _ in range(rows)]
    for i in range(rows - 2, -1, -1):
        row, below, item = best[i], best[i + 1], left[i]
        for j in range(columns - 2, -1, -1):
            row[j] = below[j + 1] + 1 if item and item == right[j] else max(below[j], row[j + 1])
    pairs = []
    i, j = 0, 0
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
    """Ends for several texts over one stretch: where the words of a number said aloud end, else by spoken length and
    moved to the nearest end of a word, one of them left for each text to come."""
    inner = [edge for edge in edges[bisect_left(edges, start) :] if start < edge < end]
    weights = [spoken_length(text) for text in texts]
    total = sum(weights) or 1
    ends, done, place = [], 0, start
    for position, weight in enumerate(weights[:-1]):
        done += weight
        wanted = start + (end - start) * done / total
        left = sum(1 for later in weights[position + 1 : -1] if later)
        near = [edge for edge in inner[: len(inner) - left] if edge > place]
        if weight and place + weight in near:
            place += weight
        elif weight:
            place = min(near, key=lambda edge: abs(edge - wanted)) if near else max(place, min(end, round(wanted)))
        ends.append(place)
    return [*ends, end]
