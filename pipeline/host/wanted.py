"""What does one turn want, as said by the address it dialled and by its speech.context?

Every client of the SDK says the same things in one of two places: the older v1 paths in the query, the universal v2
paths in speech.context. Both are read into one value, so nothing behind this module knows the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

TICKS_PER_MS = 10_000
_DEFAULT_LANGUAGE = "en-US"
# Whatever is counted in here, this many is none of it; it also keeps int() from ever working hard.
_MOST_DIGITS = 18
_PROFANITY = ("masked", "removed", "raw")


@dataclass(frozen=True, slots=True)
class Dialled:
    """The address of the upgrade request."""

    path: str
    query: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str | None:
        values = self.query.get(name.lower(), ())
        return values[0] if values else None

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages to recognise that the query names; empty: speech.context will say."""
        for name in ("lidEnabled", "from", "language"):
            value = self.one(name)
            if value:
                return tuple(part for part in value.split(",") if part)
        return ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The languages to translate into that the query names (`to`, repeated or with commas)."""
        return tuple(part for value in self.query.get("to", ()) for part in value.split(",") if part)


def dialled(target: str) -> Dialled:
    """The request target of an upgrade, such as `/speech/.../v1?language=en-us`."""
    path, _, rest = target.partition("?")
    query = parse_qs(rest, keep_blank_values=True)
    lowered: dict[str, tuple[str, ...]] = {}
    for name, values in query.items():
        lowered[name.lower()] = lowered.get(name.lower(), ()) + tuple(values)
    return Dialled(path, lowered)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One turn's wishes. `languages` has two or more members where the language shall be identified."""

    mode: str
    """interactive (one phrase), conversation or dictation"""
    languages: tuple[str, ...]
    identify: bool = False
    identify_continuously: bool = False
    detailed: bool = False
    word_times: bool = False
    targets: tuple[str, ...] = ()
    translation_v1: bool = False
    """translation.phrase instead of translation.response"""
    synthesis: bool = False
    profanity: str = "masked"
    initial_silence_ms: int | None = None
    end_silence_ms: int | None = None
    max_phrase_ms: int | None = None
    stable_after: int = 1
    """how many hypotheses in a row must agree on a word before it is shown"""
    phrases: tuple[str, ...] = ()
    diarize: bool = False
    diarize_hypotheses: bool = False
    speaker_session: str | None = None
    offset_ms: int = 0
    """where the turn's audio starts on the client's clock"""


def wanted(at: Dialled, context: Mapping[str, Any]) -> Wanted:
    """The wishes of a turn opened with `context` on a connection that dialled `at`."""
    detection, output = _map(context, "phraseDetection"), _map(context, "phraseOutput")
    diarization = _map(detection, "speakerDiarization")
    candidates = _texts(_map(context, "languageId").get("languages")) or _lid(at)
    translation = _map(context, "translation")
    mode = _mode(at, detection)
    segmentation = _map(_map(detection, mode.upper()), "segmentation") or _map(detection, "segmentation")
    detailed = _detailed(at, output)
    return Wanted(
        mode=mode,
        languages=candidates or _language(at, detection),
        identify=bool(candidates),
        identify_continuously=_map(context, "languageId").get("mode") == "DetectContinuous",
        detailed=detailed,
        word_times=detailed and _word_times(at, output),
        targets=_texts(translation.get("targetLanguages")) or at.targets,
        translation_v1="translation" in at.path.lower().split("/"),
        synthesis="synthesis" in context,
        profanity=_profanity(at, detection),
        initial_silence_ms=_first_ms(detection.get("initialSilenceTimeout"), at.one("initialSilenceTimeoutMs")),
        end_silence_ms=_first_ms(
            segmentation.get("segmentationSilenceTimeoutMs"),
            detection.get("trailingSilenceTimeout"),
            at.one("endSilenceTimeoutMs"),
        ),
        max_phrase_ms=_first_ms(segmentation.get("segmentationForcedTimeoutMs")),
        stable_after=_stable_after(at, output),
        phrases=_phrase_list(context),
        diarize=diarization.get("mode", "None") != "None",
        diarize_hypotheses=str(diarization.get("diarizeIntermediates", "")).lower() == "true",
        speaker_session=_text(diarization.get("audioSessionId")),
        offset_ms=_offset_ms(context),
    )


def _map(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _first_ms(*values: object) -> int | None:
    for value in values:
        text = str(value) if isinstance(value, (int, str)) else ""
        if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
            return int(text)
    return None


def _lid(at: Dialled) -> tuple[str, ...]:
    return at.languages if at.one("lidEnabled") else ()


def _language(at: Dialled, detection: Mapping[str, Any]) -> tuple[str, ...]:
    said = _text(detection.get("language"))
    return (said,) if said else at.languages or (_DEFAULT_LANGUAGE,)


def _mode(at: Dialled, detection: Mapping[str, Any]) -> str:
    parts = at.path.lower().split("/")
    for mode in ("interactive", "dictation", "conversation"):
        if mode in parts:
            return mode
    said = str(detection.get("mode", "")).lower()
    return said if said in ("interactive", "dictation") else "conversation"


def _detailed(at: Dialled, output: Mapping[str, Any]) -> bool:
    said = _text(output.get("format")) or at.one("format") or "simple"
    return said.lower() == "detailed"


def _word_times(at: Dialled, output: Mapping[str, Any]) -> bool:
    return "WordTimings" in _texts(_map(output, "detailed").get("options")) or (
        (at.one("wordLevelTimestamps") or "").lower() == "true"
    )


def _profanity(at: Dialled, detection: Mapping[str, Any]) -> str:
    said = _text(_map(detection, "enrichment").get("profanity")) or at.one("profanity") or "masked"
    return said.lower() if said.lower() in _PROFANITY else "masked"


def _stable_after(at: Dialled, output: Mapping[str, Any]) -> int:
    said = _map(output, "interimResults").get("stableThreshold", at.one("stableIntermediateThreshold"))
    return max(1, _first_ms(said) or 1)


def _phrase_list(context: Mapping[str, Any]) -> tuple[str, ...]:
    groups = _map(context, "dgi").get("Groups")
    found = []
    for group in groups if isinstance(groups, list) else []:
        items = group.get("Items") if isinstance(group, dict) else None
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and _text(item.get("Text")):
                found.append(str(item["Text"]))
    return tuple(found)


def _offset_ms(context: Mapping[str, Any]) -> int:
    streams = _map(_map(_map(context, "continuation"), "audio"), "streams")
    for stream in streams.values():
        ticks = _first_ms(stream.get("offset")) if isinstance(stream, dict) else None
        if ticks:
            return ticks // TICKS_PER_MS
    return 0
