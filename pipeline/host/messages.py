"""Which messages cross the socket, one frozen dataclass each?

Times are whole milliseconds in here; they become the protocol's 100 ns ticks in `body()` and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.host import frames
from pipeline.host.frames import BadFrame, Frame

TICKS_PER_MS = 10_000


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """Who the client is; sent once a connection."""

    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SpeechContext:
    """What one turn wants; opens the turn."""

    request_id: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audio:
    """The next bytes of the turn's audio; empty: the stream has ended."""

    request_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The client's own measurements, which nobody here reads; also stands for unknown messages."""


ClientMessage = SpeechConfig | SpeechContext | Audio | Telemetry


def read(data: str | bytes) -> ClientMessage:
    """A client's message. Raises BadFrame."""
    frame = frames.parse(data)
    path = frame.headers.get("path", "").lower()
    if path == "audio":
        body = frame.body if isinstance(frame.body, bytes) else frame.body.encode()
        return Audio(frame.headers.get("x-requestid", ""), body)
    if path == "speech.context":
        return SpeechContext(frame.headers.get("x-requestid", ""), _json(frame, path))
    if path == "speech.config":
        return SpeechConfig(_json(frame, path))
    return Telemetry()


def _json(frame: Frame, path: str) -> Mapping[str, Any]:
    try:
        content = json.loads(frame.body or "{}")
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadFrame(f"{path} is not a JSON object")
    return content


@dataclass(frozen=True, slots=True)
class TurnStart:
    service_tag: str
    path = "turn.start"

    def body(self) -> dict[str, Any]:
        return {"context": {"serviceTag": self.service_tag}}


@dataclass(frozen=True, slots=True)
class StartDetected:
    offset_ms: int
    path = "speech.startDetected"

    def body(self) -> dict[str, Any]:
        return {"Offset": self.offset_ms * TICKS_PER_MS}


@dataclass(frozen=True, slots=True)
class EndDetected:
    offset_ms: int
    path = "speech.endDetected"

    def body(self) -> dict[str, Any]:
        return {"Offset": self.offset_ms * TICKS_PER_MS}


@dataclass(frozen=True, slots=True)
class TurnEnd:
    path = "turn.end"

    def body(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class SpeechHypothesis:
    id: str
    text: str
    offset_ms: int
    duration_ms: int
    language: str | None = None
    speaker: str | None = None
    path = "speech.hypothesis"

    def body(self) -> dict[str, Any]:
        return {
            "Id": self.id,
            "Text": self.text,
            "Offset": self.offset_ms * TICKS_PER_MS,
            "Duration": self.duration_ms * TICKS_PER_MS,
            "Channel": 0,
            **_who(self.language, self.speaker),
        }


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word of NBest; `confidence` None: word confidences were not asked for."""

    text: str
    offset_ms: int
    duration_ms: int
    confidence: float | None = None

    def body(self, key: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            key: self.text,
            "Offset": self.offset_ms * TICKS_PER_MS,
            "Duration": self.duration_ms * TICKS_PER_MS,
        }
        if self.confidence is not None:
            body["Confidence"] = round(self.confidence, 4)
        return body


@dataclass(frozen=True, slots=True)
class Best:
    """The detailed form of a phrase: one alternative, since the ears here have one."""

    confidence: float
    lexical: str
    itn: str
    masked_itn: str
    display: str
    words: tuple[TimedWord, ...] = ()
    display_words: tuple[TimedWord, ...] = ()

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "Confidence": round(self.confidence, 4),
            "Lexical": self.lexical,
            "ITN": self.itn,
            "MaskedITN": self.masked_itn,
            "Display": self.display,
        }
        if self.display_words:
            body["Words"] = [word.body("Word") for word in self.words]
            body["DisplayWords"] = [word.body("DisplayText") for word in self.display_words]
        return body


@dataclass(frozen=True, slots=True)
class SpeechPhrase:
    """A final result; `status` is Success, or why there is no text."""

    id: str
    status: str
    offset_ms: int
    duration_ms: int
    text: str = ""
    best: Best | None = None
    language: str | None = None
    speaker: str | None = None
    path = "speech.phrase"

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "Id": self.id,
            "RecognitionStatus": self.status,
            "Offset": self.offset_ms * TICKS_PER_MS,
            "Duration": self.duration_ms * TICKS_PER_MS,
            "Channel": 0,
        }
        if self.status == "Success":
            body["DisplayText"] = self.text
        if self.best is not None:
            body["NBest"] = [self.best.body()]
        return {**body, **_who(self.language, self.speaker)}


def _who(language: str | None, speaker: str | None) -> dict[str, Any]:
    who: dict[str, Any] = {}
    if language is not None:
        who["PrimaryLanguage"] = {"Language": language, "Confidence": "High"}
    if speaker is not None:
        who["SpeakerId"] = speaker
    return who


@dataclass(frozen=True, slots=True)
class Translations:
    """Texts by target as the client spelt it, and the targets that failed with their reasons."""

    texts: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        # The SDK drops all translations of a message whose status is Error, so a single failed target is left out of
        # a Success instead and named in FailureReason, which result.json carries.
        failed = bool(self.failures) and not self.texts
        body: dict[str, Any] = {"TranslationStatus": "Error" if failed else "Success"}
        if self.failures:
            body["FailureReason"] = "; ".join(f"{target}: {why}" for target, why in self.failures.items())
        body["Translations"] = [{"Language": to, "Text": text} for to, text in self.texts.items()]
        return body


@dataclass(frozen=True, slots=True)
class TranslationResponse:
    """Universal v2: the recognised message and its translations, side by side."""

    spoken: SpeechPhrase | SpeechHypothesis
    translations: Translations
    path = "translation.response"

    def body(self) -> dict[str, Any]:
        key = "SpeechPhrase" if isinstance(self.spoken, SpeechPhrase) else "SpeechHypothesis"
        return {key: self.spoken.body(), **self.translations.body()}


@dataclass(frozen=True, slots=True)
class TranslationV1:
    """The older form: one flat message with the translations inside."""

    spoken: SpeechPhrase | SpeechHypothesis
    translations: Translations

    @property
    def path(self) -> str:
        return "translation.phrase" if isinstance(self.spoken, SpeechPhrase) else "translation.hypothesis"

    def body(self) -> dict[str, Any]:
        body = self.spoken.body()
        body["Text"] = self.spoken.text
        body["Translation"] = self.translations.body()
        return body


ServerMessage = (
    TurnStart
    | StartDetected
    | EndDetected
    | TurnEnd
    | SpeechHypothesis
    | SpeechPhrase
    | TranslationResponse
    | TranslationV1
)


def write(message: ServerMessage, request_id: str) -> str:
    """A server's message as it goes over the socket."""
    return frames.text(message.path, request_id, message.body())
