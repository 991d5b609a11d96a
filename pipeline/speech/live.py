"""What does a session say while somebody speaks?

The audio does not end by itself: the caller does, and what was said last still arrives.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

from pipeline.speech.events import Cancelled, Event, Stopped
from pipeline.speech.faults import from_cancellation
from pipeline.speech.recogniser import Recogniser
from pipeline.speech.request import Wanted
from pipeline.speech.service import Endpoint

TICK_S = 0.2
# Audio kept for a service that says nothing, not even that it is quiet; beyond it (and the recogniser's own margin)
# the SDK gives the session up.
BUFFER_MS = 60_000
# A slow model needs this for the last sentence; a service that is gone is not waited for any longer.
STOP_TIMEOUT_S = 15


def listen(endpoint: Endpoint, wanted: Wanted, audio: Any, stop: threading.Event) -> Iterator[Event]:
    """Every event of one session, until `stop` is set or a single utterance has ended.

    Raises MicrophoneMissing or ServiceError.
    """
    recogniser = Recogniser(endpoint, wanted, audio, BUFFER_MS, STOP_TIMEOUT_S)
    recogniser.start()
    try:
        yield from _events(recogniser, endpoint, stop)
    finally:
        recogniser.stop()
        recogniser.close()


def _events(recogniser: Recogniser, endpoint: Endpoint, stop: threading.Event) -> Iterator[Event]:
    stopping = False
    while True:
        if stop.is_set() and not stopping:
            stopping = True
            recogniser.stop()
        try:
            event = recogniser.events.get(timeout=TICK_S)
        except queue.Empty:
            if stopping:
                return
            recogniser.renew_token()
            continue
        if isinstance(event, Cancelled) and event.error:
            raise from_cancellation(event.code, event.details, endpoint.name)
        if isinstance(event, Stopped):
            return
        yield event
