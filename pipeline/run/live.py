"""What is being said into the microphone?

The embedded host is started as a run starts it; a session that is lost is followed by another, on the same clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from pipeline.config.schema import Config
from pipeline.errors import ServiceError
from pipeline.run.embedded import EmbeddedHost
from pipeline.run.service import embeds
from pipeline.speech.events import Began, Heard, Interim, NoMatch
from pipeline.speech.request import Wanted
from pipeline.speech.service import Endpoint, local_endpoint, resolve

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class Ready:
    """A session listens; `model` is what a local host recognises with."""

    session_id: str
    endpoint: str
    model: str | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A session was lost, and another is tried after a pause."""

    error: ServiceError
    pause_s: float


LiveEvent = Ready | Lost | Interim | Heard | NoMatch


def listen(
    config: Config, device: str | None, stop: threading.Event, environ: Mapping[str, str]
) -> Iterator[LiveEvent]:
    """What is said, as it is said, until `stop` is set; one utterance in single-shot mode.

    Times count from the first session's start. Raises MicrophoneMissing, ModelMissing, or a ServiceError that another
    try would meet again.
    """
    with ExitStack() as stack:
        endpoints, model = _endpoints(config, stack, environ)
        yield from _sessions(config, device, endpoints, model, stop)


def _endpoints(config: Config, stack: ExitStack, environ: Mapping[str, str]) -> tuple[tuple[Endpoint, ...], str | None]:
    if not embeds(config.service):
        return resolve(config.service, environ), None
    listening = stack.enter_context(EmbeddedHost(config.service)).wait()
    return (local_endpoint(listening.url, config.service, 1, listening.key),), listening.model


def _sessions(
    config: Config, device: str | None, endpoints: tuple[Endpoint, ...], model: str | None, stop: threading.Event
) -> Iterator[LiveEvent]:
    from pipeline.speech import live
    from pipeline.speech.microphone import microphone_audio

    wanted = Wanted(config.recognition, tuple(config.translation.targets))
    started = time.monotonic()
    failures = 0
    while True:
        endpoint = endpoints[failures % len(endpoints)]
        by_ms = round((time.monotonic() - started) * 1000)
        try:
            for event in live.listen(endpoint, wanted, microphone_audio(device), stop):
                if isinstance(event, Heard):
                    failures = 0
                if isinstance(event, Began):
                    yield Ready(event.session_id, endpoint.name, model, by_ms)
                elif isinstance(event, (Heard, Interim)):
                    yield replace(event, segment=event.segment.later(by_ms))
                elif isinstance(event, NoMatch):
                    yield event
            return
        except ServiceError as error:
            failures += 1
            if not error.retryable or failures >= config.run.attempts:
                raise
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (failures - 1))
            yield Lost(error, pause_s)
        if stop.wait(pause_s):
            return
