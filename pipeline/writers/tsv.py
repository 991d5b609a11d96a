"""How does a transcript look as a table? One segment a row; start and end in milliseconds."""

from __future__ import annotations

from pipeline.values import Segment, Transcript
from pipeline.writers.settings import RenderSettings

_COLUMNS = ("start", "end", "text", "speaker", "channel", "language", "confidence")


def render(transcript: Transcript, settings: RenderSettings) -> str:
    """The first three columns are Whisper's; translations come last, a column for each target."""
    targets = transcript.targets
    rows = ["\t".join((*_COLUMNS, *targets))]
    for segment in transcript.segments:
        rows.append("\t".join(_cell(value) for value in _row(segment, targets)))
    return "\n".join(rows) + "\n"


def _row(segment: Segment, targets: tuple[str, ...]) -> list[object]:
    told = [segment.start_ms, segment.end_ms, segment.text, segment.speaker, segment.channel, segment.language]
    return [*told, segment.confidence, *(segment.translations.get(target) for target in targets)]


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
