"""How do two languages share one subtitle? What was said above, its translation below, each with half of the lines.

The words that are said carry the time; each has its share of the translation with it, so that wherever a cue is cut
both languages are cut at the same place of the meaning, as nearly as a share of text can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.subtitles.breaks import breaks
from pipeline.subtitles.cue import Cue, half_widths, line_limit, read_chars, reading_ms, reading_need_ms
from pipeline.subtitles.lines import laid_out, line_edges, lines_needed
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.timed import fitted_pieces, tokens_of
from pipeline.subtitles.timing import Shown, timed
from pipeline.subtitles.token import Token
from pipeline.subtitles.track import segments_in_order, track_tokens
from pipeline.subtitles.translated import shares
from pipeline.subtitles.weigh import Weighing
from pipeline.values import Segment


def bilingual_profile(said: Profile, translated: Profile) -> Profile:
    """The numbers that both languages keep in one track: each language alone keeps its own, narrower ones."""
    widest = max(line_limit(said), line_limit(translated))
    speeds = [profile.max_cps for profile in (said, translated)]
    cps = None if None in speeds else max(speed for speed in speeds if speed is not None)
    return replace(translated, language="mul", bilingual=True, full_width=False, max_line_chars=widest, max_cps=cps)


def bilingual_cues(segments: Sequence[Segment], said: Profile, translated: Profile, target: str) -> tuple[Cue, ...]:
    """The cues of a track in both languages; `said` and `translated` are the profiles of the two."""
    half = max(1, said.max_lines // 2)
    above, below = replace(said, max_lines=half), replace(translated, max_lines=half)
    pair = _paired(track_tokens(segments, above), segments, above, below, target)
    spans = _PairWeighing(pair, above, below).spans()
    return timed([_shown(pair, first, last, above, below) for first, last in spans], above)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Tokens said and their break costs; tokens translated, theirs, and how many stand before each token said."""

    said: list[Token]
    said_costs: list[float]
    translated: list[Token]
    translated_costs: list[float]
    before: list[int]


def _paired(tokens: Sequence[Token], segments: Sequence[Segment], above: Profile, below: Profile, target: str) -> _Pair:
    ordered = segments_in_order(segments)
    by_segment: dict[int, list[Token]] = {}
    for token in tokens:
        by_segment.setdefault(token.segment, []).append(token)
    dealt = {number: iter(_dealt(own, ordered[number], target, below)) for number, own in by_segment.items()}
    said: list[Token] = []
    translated: list[Token] = []
    before = [0]
    for token in tokens:
        for part, share in next(dealt[token.segment]):
            said.append(part)
            translated.extend(share)
            before.append(len(translated))
    costs = breaks(translated, below.language)
    return _Pair(said, breaks(said, above.language), translated, costs, before)


Share = tuple[Token, list[Token]]


def _dealt(said: Sequence[Token], segment: Segment, target: str, below: Profile) -> list[list[Share]]:
    """For each token said, itself with its share of the translation; in several parts where that is too long."""
    text = fitted_pieces(segment.translations.get(target, ""), below)
    ends = shares(text, [half_widths(token.text) for token in said], below)
    tokens = tokens_of(text, [(0, 0)] * len(text), segment, 0, below)
    parts = (tokens[first:last] for first, last in zip([0, *ends], ends, strict=False))
    return [_parted(token, part, below) for token, part in zip(said, parts, strict=True)]


def _parted(token: Token, share: list[Token], below: Profile) -> list[Share]:
    """Where one word said has more translation than half a cue holds: wordless tokens of its time carry the rest."""
    room = line_limit(below)
    parts: list[list[Token]] = [[]]
    for one in share:
        if parts[-1] and lines_needed(line_edges([*parts[-1], one]), room) > below.max_lines:
            parts.append([])
        parts[-1].append(one)
    length = (token.end_ms - token.start_ms) // len(parts)
    return [
        (
            replace(
                token,
                text=token.text if number == 0 else "",
                start_ms=token.start_ms + number * length,
                end_ms=token.start_ms + (number + 1) * length if number + 1 < len(parts) else token.end_ms,
            ),
            part,
        )
        for number, part in enumerate(parts)
    ]


class _PairWeighing(Weighing):
    """A cue has to hold its share of the translation too."""

    def __init__(self, pair: _Pair, above: Profile, below: Profile):
        super().__init__(pair.said, pair.said_costs, above)
        self.pair = pair
        self.below = below
        self.below_room = line_limit(below)

    def _cues_from(self, first: int) -> list[tuple[int, float]]:
        found: list[tuple[int, float]] = []
        for last, cost in super()._cues_from(first):
            share = self.pair.translated[self.pair.before[first] : self.pair.before[last]]
            if lines_needed(line_edges(share), self.below_room) > self.below.max_lines and found:
                break
            leaving = self.pair.translated_costs[self.pair.before[last] - 1] if share else 0.0
            found.append((last, cost + leaving))
        return found

    def _need(self, first: int, last: int, dashes: int) -> int:
        share = self.pair.translated[self.pair.before[first] : self.pair.before[last]]
        chars = sum(read_chars(token.text, self.below) + token.spaced for token in share) - (1 if share else 0)
        below = reading_need_ms(chars, sum(token.spaced for token in share), self.below)
        return max(below, super()._need(first, last, dashes))


def _shown(pair: _Pair, first: int, last: int, above: Profile, below: Profile) -> Shown:
    said = [position for position in range(first, last) if pair.said[position].text]
    share = slice(pair.before[first], pair.before[last])
    top = laid_out([pair.said[at] for at in said], [pair.said_costs[at] for at in said], line_limit(above))
    bottom = laid_out(pair.translated[share], pair.translated_costs[share], line_limit(below))
    need = max(reading_ms(top, above), reading_ms(bottom, below))
    voice = pair.said[first].voice
    lines = (*top, *bottom)
    spoken_ms = max(token.end_ms for token in pair.said[first:last])
    return Shown(pair.said[first].start_ms, spoken_ms, need, lines, (voice,) * len(lines) if voice else ())
