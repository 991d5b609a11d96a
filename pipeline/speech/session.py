"""What does one session on one stretch of audio recognise?

Events in, Segments out, with a watchdog by progress: the SDK waits for ever on a service that says nothing.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.errors import Interrupted, PipelineError, ServiceError, Stalled
from pipeline.speech.events import Began, Cancelled, Event, Heard, Interim, NoMatch, Stopped
from pipeline.speech.faults import from_cancellation
from pipeline.speech.recogniser import Recogniser
from pipeline.speech.request import Patience, Progress, Recognised, Wanted
from pipeline.speech.service import Endpoint
from pipeline.values import Segment

TICK_S = 0.5
# The SDK decodes at the speed of playing, whatever it is told (its GStreamer sink waits for the clock).
DECODING_SPEED = 1.0
DEFAULT_PATIENCE = Patience()
LATE_EVENT_S = 0.5
# After an error session_stopped follows; a stop() that does not wait for it blocks for ten seconds (measured).
STOPPED_S = 3.0
# The last result may end this much before the audio: a frame of the recogniser.
FRAME_MS = 100


@dataclass(slots=True)
class _Notes:
    """What the events have told so far."""

    session_id: str = ""
    segments: list[Segment] = field(default_factory=list)
    no_match: int = 0
    heard_ms: int = 0
    final_ms: int = 0
    """up to here results are final"""
    error: PipelineError | None = None
    end_of_stream: bool = False
    ended: bool = False
    stopped: bool = False


def recognise(
    path: Path,
    audio_ms: int,
    endpoint: Endpoint,
    wanted: Wanted,
    *,
    patience: Patience = DEFAULT_PATIENCE,
    progress: Progress = lambda ms: None,
    abort: threading.Event | None = None,
) -> Recognised:
    """Recognise a WAV file, or whatever GStreamer can decode, in one session.

    Raises ServiceError, AudioError, GStreamerMissing or Interrupted.
    """
    if wanted.compressed:
        endpoint = replace(endpoint, upload_speed=DECODING_SPEED)
    with _audio(path, wanted.compressed) as audio:
        recogniser = Recogniser(endpoint, wanted, audio, audio_ms)
        return listen_to_end(recogniser, audio_ms, endpoint, patience=patience, progress=progress, abort=abort)


def _audio(path: Path, compressed: bool) -> AbstractContextManager[Any]:
    from pipeline.speech.compressed import compressed_audio

    return compressed_audio(path) if compressed else _wav(path)


@contextmanager
def _wav(path: Path) -> Iterator[Any]:
    """The SDK takes names in UTF-8 only; a file of any other name is open already where it looks for it."""
    from azure.cognitiveservices.speech.audio import AudioConfig

    try:
        os.fsencode(path).decode()
    except UnicodeDecodeError:
        with path.open("rb") as file:
            yield AudioConfig(filename=f"/dev/fd/{file.fileno()}")
    else:
        yield AudioConfig(filename=str(path))


def listen_to_end(
    recogniser: Recogniser,
    audio_ms: int,
    endpoint: Endpoint,
    *,
    patience: Patience,
    progress: Progress,
    abort: threading.Event | None = None,
) -> Recognised:
    """Start a recogniser, follow it to its end, and let it go."""
    notes = _Notes()
    once = recogniser.single_shot
    recogniser.start()
    try:
        _follow(recogniser, notes, audio_ms, endpoint, patience, progress, abort)
        if notes.error is None and not once:
            _after_stop(recogniser, notes, endpoint)
    finally:
        if not notes.stopped:
            recogniser.stop(wait=False)  # nothing more is wanted of it
        recogniser.close()
    if notes.error is not None:
        raise notes.error
    segments = tuple(sorted(notes.segments, key=lambda s: (s.start_ms, s.end_ms)))
    return Recognised(segments, notes.session_id, notes.no_match)


def _follow(
    recogniser: Recogniser,
    notes: _Notes,
    audio_ms: int,
    endpoint: Endpoint,
    patience: Patience,
    progress: Progress,
    abort: threading.Event | None,
) -> None:
    last_word_at = time.monotonic()
    while not notes.ended:
        if abort is not None and abort.is_set():
            notes.error = Interrupted("stopped while the recording was being recognised")
            return
        try:
            event = recogniser.events.get(timeout=TICK_S)
        except queue.Empty:
            limit_s = patience.limit_s(audio_ms - notes.heard_ms, endpoint.upload_speed)
            if time.monotonic() - last_word_at > limit_s:
                # A connection lost between the last result and the end of the turn makes the SDK wait for ever
                # (measured): with results up to the end of the audio nothing is missing.
                if notes.final_ms < audio_ms - FRAME_MS:
                    notes.error = Stalled(f"{endpoint.name}: no word from the service for {limit_s:.0f} s")
                notes.end_of_stream = True
                return
            recogniser.renew_token()
            continue
        last_word_at = time.monotonic()
        _note(notes, event, endpoint)
        progress(notes.heard_ms)
    deadline = time.monotonic() + STOPPED_S
    while not notes.stopped and (left_s := deadline - time.monotonic()) > 0:
        with suppress(queue.Empty):
            _note(notes, recogniser.events.get(timeout=left_s), endpoint)


def _note(notes: _Notes, event: Event, endpoint: Endpoint) -> None:
    if isinstance(event, Began):
        notes.session_id = event.session_id
    elif isinstance(event, Heard):
        notes.segments.append(event.segment)
        notes.final_ms = max(notes.final_ms, event.segment.end_ms)
        notes.heard_ms = max(notes.heard_ms, notes.final_ms)
    elif isinstance(event, Interim):
        notes.heard_ms = max(notes.heard_ms, event.segment.end_ms)
    elif isinstance(event, NoMatch):
        notes.no_match += 1
        notes.final_ms = max(notes.final_ms, event.end_ms)
        notes.heard_ms = max(notes.heard_ms, notes.final_ms)
    elif isinstance(event, Cancelled):
        notes.end_of_stream |= not event.error
        if event.error and notes.error is None:
            notes.error = from_cancellation(event.code, event.details, endpoint.name)
            notes.ended = True
    elif isinstance(event, Stopped):
        notes.ended = notes.stopped = True


def _after_stop(recogniser: Recogniser, notes: _Notes, endpoint: Endpoint) -> None:
    """Events may trail session_stopped: without an end of the stream, wait for what explains the stop."""
    deadline = time.monotonic() + (0 if notes.end_of_stream else LATE_EVENT_S)
    while True:
        try:
            event = recogniser.events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        _note(notes, event, endpoint)
    if notes.error is None and not notes.end_of_stream:
        notes.error = ServiceError(f"{endpoint.name}: the session stopped before the audio ended", code="cut-short")
