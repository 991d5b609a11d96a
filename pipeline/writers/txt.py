"""How does a transcript read as plain text? In paragraphs, by pause and by speaker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.values import Segment, Transcript
from pipeline.writers.prose import text_of
from pipeline.writers.settings import RenderSettings

_PAUSE_MS = 2000
_LONG_CHARS = 800


def render(transcript: Transcript, settings: RenderSettings) -> str:
    """Paragraphs with a blank line between; where there are several speakers each begins with a name."""
    named = len({segment.speaker for segment in transcript.segments}) > 1
    ordered = sorted(transcript.segments, key=lambda segment: (segment.start_ms, segment.end_ms))
    told = [segment for segment in ordered if text_of([segment], settings.target)]
    blocks = []
    for paragraph in _paragraphs(told, settings.target):
        text = text_of(paragraph, settings.target)
        blocks.append(f"{paragraph[0].speaker}: {text}" if named and paragraph[0].speaker else text)
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _paragraphs(segments: Sequence[Segment], target: str | None) -> Iterator[list[Segment]]:
    """A new one at another speaker, after a long pause, or at a shorter pause once it is long."""
    open_: list[Segment] = []
    chars = end_ms = 0
    for segment in segments:
        enough_ms = _PAUSE_MS // 4 if chars >= _LONG_CHARS else _PAUSE_MS
        if open_ and (segment.speaker != open_[-1].speaker or segment.start_ms - end_ms >= enough_ms):
            yield open_
            open_, chars, end_ms = [], 0, 0
        # Counted as it grows: to join a long paragraph again for each segment took minutes for ten hours.
        chars += len(text_of([*open_[-1:], segment], target)) - len(text_of(open_[-1:], target))
        end_ms = max(end_ms, segment.end_ms)
        open_.append(segment)
    if open_:
        yield open_
