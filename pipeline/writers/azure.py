"""How would Azure batch transcription (v3) have written this transcript? For tools that were made for its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pipeline.values import Segment, Transcript, Word
from pipeline.writers.prose import text_of
from pipeline.writers.settings import RenderSettings

_TICKS_PER_MS = 10_000
_DIGITS = re.compile(r"\d+$")


def render(transcript: Transcript, settings: RenderSettings) -> str:
    """Times twice, as ISO 8601 durations and in ticks of 100 ns; no time stamp, so that equal transcripts are equal."""
    speakers = _numbers([segment.speaker for segment in transcript.segments])
    channels = sorted({segment.channel for segment in transcript.segments}) or [0]
    document = {
        "source": transcript.source.path,
        "durationInTicks": transcript.duration_ms * _TICKS_PER_MS,
        "durationMilliseconds": transcript.duration_ms,
        "duration": iso_duration(transcript.duration_ms),
        "combinedRecognizedPhrases": [_combined(transcript, channel) for channel in channels],
        "recognizedPhrases": [_phrase(segment, speakers) for segment in transcript.segments],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def iso_duration(ms: int) -> str:
    """`PT1H2M3.45S`; nothing is `PT0S`."""
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    text = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or not text:
        text += f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "S"
    return f"PT{text}"


def _numbers(names: Sequence[str | None]) -> dict[str, int]:
    """Guest-2 is speaker 2; where names have no numbers of their own, in order of appearance."""
    seen = [name for name in dict.fromkeys(names) if name]
    own = {name: int(match[0]) for name in seen if (match := _DIGITS.search(name))}
    if len(own) == len(seen) == len(set(own.values())):
        return own
    return {name: number for number, name in enumerate(seen, 1)}


def _combined(transcript: Transcript, channel: int) -> dict[str, Any]:
    segments = [segment for segment in transcript.segments if segment.channel == channel]
    lexical = " ".join(lexical_of(segment) for segment in segments).strip()
    display = text_of(segments)
    return {"channel": channel, "lexical": lexical, "itn": lexical, "maskedITN": lexical, "display": display}


def lexical_of(segment: Segment) -> str:
    return segment.lexical or " ".join(word.text for word in segment.words) or segment.text


def _phrase(segment: Segment, speakers: dict[str, int]) -> dict[str, Any]:
    speaker = {"speaker": speakers[segment.speaker]} if segment.speaker else {}
    language = {"locale": segment.language} if segment.language else {}
    lexical = lexical_of(segment)
    best = {"confidence": segment.confidence, "lexical": lexical, "itn": lexical, "maskedITN": lexical}
    words = {"words": [_word(word) for word in segment.words]} if segment.words else {}
    return {
        "recognitionStatus": "Success",
        "channel": segment.channel,
        **speaker,
        **language,
        **_times(segment.start_ms, segment.end_ms),
        "nBest": [{**best, "display": segment.text, **words}],
    }


def _word(word: Word) -> dict[str, Any]:
    return {"word": word.text, **_times(word.start_ms, word.end_ms), "confidence": word.confidence}


def _times(start_ms: int, end_ms: int) -> dict[str, Any]:
    length = max(0, end_ms - start_ms)
    return {
        "offset": iso_duration(start_ms),
        "duration": iso_duration(length),
        "offsetInTicks": start_ms * _TICKS_PER_MS,
        "durationInTicks": length * _TICKS_PER_MS,
    }
