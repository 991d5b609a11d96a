"""Which words share a cue, and when is it shown? Pure: segments in, cues out.

Every way of cutting the track into cues is weighed (weigh.py); the best one is laid out on lines (lines.py) and
given its times (timing.py). Between two stretches of the track that no cue may span nothing is to be weighed, so
memory holds one stretch at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.subtitles.breaks import breaks
from pipeline.subtitles.cue import Cue, line_limit, reading_ms
from pipeline.subtitles.lines import laid_out, turns_of
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.timing import Shown, timed
from pipeline.subtitles.token import Token
from pipeline.subtitles.track import stretches, track_tokens
from pipeline.subtitles.translated import translated_track
from pipeline.subtitles.weigh import Weighing
from pipeline.values import Segment


def cues(
    segments: Sequence[Segment], profile: Profile, target: str | None = None, said: Profile | None = None
) -> tuple[Cue, ...]:
    """The cues of one track: of what was said, or of its translation into `target`.

    `profile` is that of the track's language; `said`, for a translation, that of the language spoken.
    """
    spoken = said or profile
    pause_ms = max(profile.max_pause_ms, spoken.max_pause_ms)
    tracks = (
        track_tokens(stretch, profile) if target is None else translated_track(stretch, target, profile, spoken)
        for stretch in stretches(segments, pause_ms)
    )
    shown: list[Shown] = []
    for tokens, after in _with_next(filter(None, tracks)):
        costs = breaks(tokens, profile.language)
        spans = Weighing(tokens, costs, profile, after[0].start_ms if after else None).spans()
        shown += [_shown(tokens[first:last], costs[first:last], profile) for first, last in spans]
    return timed(shown, profile)


def _with_next(tracks: Iterator[list[Token]]) -> Iterator[tuple[list[Token], list[Token]]]:
    """Each with the one after it, which is empty behind the last."""
    before = next(tracks, [])
    for track in tracks:
        yield before, track
        before = track
    yield before, []


def _shown(tokens: Sequence[Token], costs: Sequence[float], profile: Profile) -> Shown:
    lines = laid_out(tokens, costs, line_limit(profile))
    voices = tuple(turn[0].voice for turn in turns_of(tokens))
    if len(voices) == 1:
        voices = voices * len(lines) if voices[0] is not None else ()
    spoken_ms = max(token.end_ms for token in tokens)
    return Shown(tokens[0].start_ms, spoken_ms, reading_ms(lines, profile), lines, voices)
