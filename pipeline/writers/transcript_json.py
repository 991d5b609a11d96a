"""How does a transcript look as JSON, and how is it read back? The public form of schemas/transcript-1.json.

Key order is fixed and a segment is one line, so that equal transcripts give equal bytes and a diff reads well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.errors import PipelineError
from pipeline.values import Coverage, Gap, MadeBy, Media, Recording, Segment, Session, Transcript, Word
from pipeline.writers.prose import text_of
from pipeline.writers.settings import RenderSettings

SCHEMA = "speech-pipeline/transcript/1"
_LISTS = ("segments", "sessions")


class BadTranscript(PipelineError):
    """A stored transcript cannot be read."""

    code = "transcript-unreadable"
    hint = "run again with --force to make it anew"


def render(transcript: Transcript, settings: RenderSettings | None = None) -> str:
    """The whole transcript; whatever the settings, nothing of it is left out."""
    return "".join(pieces(transcript))


def pieces(transcript: Transcript) -> Iterator[str]:
    """What render() returns, a line or so at a time: of ten hours it is 10 MB."""
    before = "{\n"
    for key, value in _document(transcript).items():
        yield f"{before} {_dumps(key)}: "
        before = ",\n"
        if key in _LISTS:
            yield from _list(value)
        else:
            yield _dumps(value)
    yield "\n}\n"


def _list(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    before, end = "[\n  ", "[]"
    for item in items:
        yield before + _dumps(item)
        before, end = ",\n  ", "\n ]"
    yield end


def parse(text: str) -> Transcript:
    """The transcript that render() wrote. Raises BadTranscript."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BadTranscript(f"not a transcript: {error}") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise BadTranscript(f"not a transcript of a known schema: {schema!r}, expected {SCHEMA!r}")
    try:
        return _transcript(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadTranscript(f"a transcript with a missing or wrong value: {error!r}") from error


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _document(transcript: Transcript) -> dict[str, Any]:
    media = transcript.source.media
    made_by = transcript.made_by
    targets = sorted(transcript.targets)
    return {
        "schema": SCHEMA,
        "source": {
            "path": transcript.source.path,
            "sha256": transcript.source.sha256,
            "bytes": transcript.source.bytes,
            "duration_ms": media.duration_ms,
            "codec": media.codec,
            "sample_rate_hz": media.sample_rate_hz,
            "channels": media.channels,
            "has_video": media.has_video,
        },
        "made_by": {
            "pipeline": made_by.pipeline,
            "sdk": made_by.sdk,
            "service": made_by.service,
            "model": made_by.model,
            "settings": made_by.settings,
        },
        "languages": list(transcript.languages),
        "text": text_of(transcript.segments),
        "translations": {target: text_of(transcript.segments, target) for target in targets},
        # One at a time: the dicts of all words of ten hours would be 30 MB.
        "segments": (_segment(number, segment) for number, segment in enumerate(transcript.segments)),
        "coverage": _coverage(transcript.coverage),
        "sessions": [_session(session) for session in transcript.sessions],
    }


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    return {
        "id": number,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "text": segment.text,
        "lexical": segment.lexical,
        "confidence": segment.confidence,
        "language": segment.language,
        "speaker": segment.speaker,
        "channel": segment.channel,
        "translations": _sorted(segment.translations),
        # Only where the service failed on a target: its reason.
        **({"untranslated": _sorted(segment.untranslated)} if segment.untranslated else {}),
        "words": [
            {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms, "confidence": word.confidence}
            for word in segment.words
        ],
    }


def _sorted(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: texts[key] for key in sorted(texts)}


def _coverage(coverage: Coverage | None) -> dict[str, Any] | None:
    if coverage is None:
        return None
    return {
        "verdict": coverage.verdict,
        "speech_ms": coverage.speech_ms,
        "covered_ms": coverage.covered_ms,
        "gaps": [{"start_ms": gap.start_ms, "end_ms": gap.end_ms} for gap in coverage.gaps],
        "notes": list(coverage.notes),
    }


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "endpoint": session.endpoint,
        "start_ms": session.start_ms,
        "end_ms": session.end_ms,
        "attempts": session.attempts,
    }


def _transcript(document: Mapping[str, Any]) -> Transcript:
    source = document["source"]
    media = Media(
        codec=source["codec"],
        sample_rate_hz=source["sample_rate_hz"],
        channels=source["channels"],
        duration_ms=source["duration_ms"],
        has_video=source.get("has_video", False),
    )
    made_by = document["made_by"]
    return Transcript(
        source=Recording(source["path"], source["sha256"], source["bytes"], media),
        made_by=MadeBy(**{key: made_by[key] for key in ("pipeline", "sdk", "service", "model", "settings")}),
        languages=tuple(document["languages"]),
        segments=tuple(_read_segment(segment) for segment in document["segments"]),
        coverage=_read_coverage(document.get("coverage")),
        sessions=tuple(
            Session(one["id"], one["endpoint"], one["start_ms"], one["end_ms"], one["attempts"])
            for one in document["sessions"]
        ),
    )


def _read_segment(segment: Mapping[str, Any]) -> Segment:
    return Segment(
        start_ms=segment["start_ms"],
        end_ms=segment["end_ms"],
        text=segment["text"],
        lexical=segment["lexical"],
        confidence=segment["confidence"],
        language=segment["language"],
        speaker=segment["speaker"],
        channel=segment["channel"],
        translations=dict(segment["translations"]),
        untranslated=dict(segment.get("untranslated", {})),
        words=tuple(_read_words(segment["words"])),
    )


def _read_words(words: Iterable[Mapping[str, Any]]) -> Iterable[Word]:
    return (Word(word["text"], word["start_ms"], word["end_ms"], word["confidence"]) for word in words)


def _read_coverage(coverage: Mapping[str, Any] | None) -> Coverage | None:
    if coverage is None:
        return None
    gaps = tuple(Gap(gap["start_ms"], gap["end_ms"]) for gap in coverage["gaps"])
    notes = tuple(coverage.get("notes", ()))
    return Coverage(coverage["verdict"], coverage["speech_ms"], coverage["covered_ms"], gaps, notes)
