"""Which way of cutting a track's tokens into cues is the best of all?

Dynamic programming over the break points. A cue that breaks a rule of the profile costs more than any ugliness, so
that a rule is broken only where words and times leave no other way.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from math import inf

from pipeline.subtitles.breaks import BAD, SENTENCE
from pipeline.subtitles.cue import DASH, line_limit, read_chars, reading_need_ms
from pipeline.subtitles.lines import line_edges
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.timing import out_time
from pipeline.subtitles.token import Token

# Costs, in the points of breaks.py.
_BROKEN_RULE = 1000.0
_HOW_BADLY = 200.0
_EVERY_CUE = 10.0
_SENTENCE_INSIDE = 12.0
_PAUSE_INSIDE = 20.0
_PAUSE_MS = 300
_PAUSE_DISCOUNT = 0.3
_TURN_INSIDE = 16.0
_FLASH = 30.0
_FLASH_MS = 1500
_LINE_BREAK = 0.4
_STUB = 8.0


class Weighing:
    """The tokens as columns of numbers, summed up, so that a cue from any token to any other is priced at once.

    `after_ms` is when the track goes on behind the last of them. Columns of our own numbers are arrays: a recording
    of ten hours has 90,000 words.
    """

    def __init__(self, tokens: Sequence[Token], costs: Sequence[float], profile: Profile, after_ms: int | None = None):
        self.profile = profile
        self.costs = costs
        self.after_ms = after_ms
        self.room = line_limit(profile)
        self.turns = [token.turn for token in tokens]
        self.starts = [token.start_ms for token in tokens]
        self.ends = list(accumulate((token.end_ms for token in tokens), max))
        self.edges = line_edges(tokens)
        self.words = array("l", accumulate((int(token.spaced) for token in tokens), initial=0))
        space = 0 if profile.unspaced else 1
        self.spaces = [space * token.spaced for token in tokens]
        read = (read_chars(token.text, profile) + at for token, at in zip(tokens, self.spaces, strict=True))
        self.chars = array("d", accumulate(read, initial=0.0))
        self.pauses = [max(0, after - end) for after, end in zip(self.starts[1:], self.ends, strict=False)]
        leaving = (
            cost * (_PAUSE_DISCOUNT if pause >= _PAUSE_MS and cost < BAD else 1.0)
            for cost, pause in zip(costs, [*self.pauses, 0], strict=False)
        )
        self.leaving = array("d", leaving)
        keeping = (self._keeping(position) for position in range(len(self.pauses)))
        self.keeping = array("d", accumulate(keeping, initial=0.0))

    def spans(self) -> list[tuple[int, int]]:
        """The cues as (first, last + 1), in order."""
        total = len(self.starts)
        best = array("d", [0.0] + [inf] * total)
        came_from = array("l", [0] * (total + 1))
        for first in range(total):
            for last, cost in self._cues_from(first):
                if best[first] + cost < best[last]:
                    best[last] = best[first] + cost
                    came_from[last] = first
        found = []
        while total:
            found.append((came_from[total], total))
            total = came_from[total]
        return found[::-1]

    def _keeping(self, position: int) -> float:
        """The cost of not breaking after this token."""
        pause = self.pauses[position]
        cost = _PAUSE_INSIDE * min(2.0, pause / _PAUSE_MS) if pause >= _PAUSE_MS else 0.0
        if self.turns[position] != self.turns[position + 1]:
            return cost + _TURN_INSIDE
        return cost + (_SENTENCE_INSIDE if self.costs[position] == SENTENCE else 0.0)

    def _cues_from(self, first: int) -> list[tuple[int, float]]:
        """Every cue that may begin at this token, as (last + 1, cost)."""
        found = []
        lines, line_first, second, dashes = 1, first, first, 0
        latest = self.starts[first] + self.profile.max_ms
        for last in range(first + 1, len(self.starts) + 1):
            newest = last - 1
            if newest > first:
                if self.ends[newest] > latest or self.pauses[newest - 1] >= self.profile.max_pause_ms:
                    break
                if self.turns[newest] != self.turns[newest - 1]:
                    if lines != max(1, dashes) or self._too_wide(line_first, newest, len(DASH)):
                        break
                    dashes = lines + 1
                    lines, line_first = lines + 1, newest
                if self._too_wide(line_first, last, len(DASH) if dashes else 0):
                    if dashes:
                        break
                    lines, line_first = lines + 1, newest
                if lines > self.profile.max_lines:
                    break
                if lines == 2 and second == first:
                    second = line_first
            found.append((last, self._cost(first, second, last, lines, dashes)))
        return found

    def _too_wide(self, first: int, last: int, more: int) -> bool:
        return self.edges.right[last] - self.edges.left[first] + more > self.room

    def _cost(self, first: int, second: int, last: int, lines: int, dashes: int) -> float:
        start = self.starts[first]
        spoken = min(self.ends[last - 1], start + self.profile.max_ms)
        need = self._need(first, last, dashes)
        following = self.starts[last] if last < len(self.starts) else self.after_ms
        end = out_time(start, spoken, need, following, self.profile)
        cost = _EVERY_CUE + self.leaving[last - 1] + self.keeping[last - 1] - self.keeping[first]
        if end - start < _FLASH_MS:
            cost += _FLASH * (1 - max(0, end - start) / _FLASH_MS)
        if lines == 1:
            cost += _STUB * (1 - (self.edges.right[last] - self.edges.left[first]) / self.room)
        elif not dashes:
            cost += self._line_break(first, second, last)
        return cost + self._broken(start, spoken, end, need, following)

    def _need(self, first: int, last: int, dashes: int) -> int:
        chars = self.chars[last] - self.chars[first] - self.spaces[first] + dashes * len(DASH)
        return reading_need_ms(chars, self.words[last] - self.words[first], self.profile)

    def _line_break(self, first: int, second: int, last: int) -> float:
        """The price of the best break of the first line; it holds no more than the tokens before `second`."""
        low = first + 1
        while low < last - 1 and self._too_wide(low, last, 0):
            low += 1
        best = min(self.costs[min(low, second) - 1 : second])
        return best if best >= BAD else best * _LINE_BREAK

    def _broken(self, start: int, spoken: int, end: int, need: int, following: int | None) -> float:
        """The price of the profile's rules that this cue would break."""
        cost = 0.0
        shown = end - start
        if shown < self.profile.min_ms:
            cost += _BROKEN_RULE + _HOW_BADLY * (1 - max(0, shown) / self.profile.min_ms)
        if shown < need:
            cost += _BROKEN_RULE + _HOW_BADLY * min(3.0, need / max(1, shown) - 1)
        if following is not None and self.profile.min_gap_ms < following - end < self.profile.close_gap_ms:
            cost += _BROKEN_RULE
        if spoken > end:
            cost += (spoken - end) / 10
        return cost
