"""The real Speech SDK as a test drives it: a recognizer in, everything that happened out."""

from __future__ import annotations

import json
import threading
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import azure.cognitiveservices.speech as speechsdk
import numpy as np


@dataclass
class Events:
    """What a recognizer said, in order of arrival within each kind."""

    guesses: list[Any] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    canceled: list[Any] = field(default_factory=list)
    speech: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def texts(self) -> list[str]:
        return [result.text for result in self.results if result.text]

    @property
    def spans_ms(self) -> list[tuple[int, int]]:
        return [(result.offset // 10_000, result.duration // 10_000) for result in self.results]

    @property
    def json(self) -> list[Any]:
        return [json.loads(result.json) for result in self.results]

    @property
    def error(self) -> Any:
        """The first cancellation that is an error; None: there was none."""
        return next((found for found in self.canceled if found.reason == speechsdk.CancellationReason.Error), None)


def fast(config: Any) -> Any:
    """Upload as fast as the host takes it, and poll often."""
    for name, value in (
        ("SPEECH-TransmitLengthBeforThrottleMs", "3600000"),
        ("SPEECH-MaxBufferSizeMs", "7200000"),
        ("SPEECH-USPConnectPollingInterval", "10"),
        ("SPEECH-USPPollingInterval", "5"),
        # With all audio sent, a recognizer that failed waits this long for the service when it is deleted.
        ("SPEECH-StopRecognitionTimeoutInSeconds", "0"),
    ):
        config.set_property_by_name(name, value)
    return config


def continuous(recognizer: Any, timeout_s: float = 60) -> Events:
    """Recognise to the end of the audio, or to the first error."""
    events, over = Events(), threading.Event()
    transcriber = isinstance(recognizer, speechsdk.transcription.ConversationTranscriber)
    interim = recognizer.transcribing if transcriber else recognizer.recognizing
    final = recognizer.transcribed if transcriber else recognizer.recognized
    interim.connect(lambda event: events.guesses.append(event.result))
    final.connect(lambda event: events.results.append(event.result))
    recognizer.canceled.connect(lambda event: events.canceled.append(_details(event)))
    recognizer.session_stopped.connect(lambda _: over.set())
    if not transcriber:
        recognizer.speech_start_detected.connect(lambda event: events.speech.append(f"start {event.offset}"))
        recognizer.speech_end_detected.connect(lambda event: events.speech.append(f"end {event.offset}"))
    kind = "transcribing" if transcriber else "continuous_recognition"
    getattr(recognizer, f"start_{kind}_async")().get()
    events.stopped = over.wait(timeout_s)
    getattr(recognizer, f"stop_{kind}_async")().get()
    return events


def _details(event: Any) -> Any:
    # Of a ConversationTranscriber the event's details are the event itself.
    return event.cancellation_details if hasattr(event, "cancellation_details") else event


def write_wav(path: Path, samples: Any, rate_hz: int = 16_000, channels: int = 1) -> str:
    """16-bit PCM; the path as the SDK wants it."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(np.asarray(samples, np.int16).tobytes())
    return str(path)


def noise(seconds: float, rate_hz: int = 16_000, seed: int = 1) -> Any:
    """Loud enough that the scripted ear hears words in it."""
    return (np.random.default_rng(seed).normal(size=round(seconds * rate_hz)) * 3000).astype(np.int16)
