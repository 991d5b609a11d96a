"""Who recognises in this run?

The one place that knows whether the service is the embedded host, a container or the cloud. It starts in the
background, so that recordings are converted while a model loads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack

from pipeline.config.schema import Config, ServiceSettings
from pipeline.errors import Interrupted, ModelMissing, PipelineError, ServiceError
from pipeline.host.model_table import VOICES
from pipeline.run.embedded import EmbeddedHost
from pipeline.run.pool import Retry, SessionPool, Task, Tried
from pipeline.speech.endpoints import EndpointPool
from pipeline.speech.request import Patience
from pipeline.speech.service import Endpoint, local_endpoint, resolve

TICK_S = 0.2
FETCH_VOICES = f"speech-pipeline model fetch {VOICES}"


class Service:
    """Sessions for jobs. Use as a context manager; nothing is started before `start`."""

    def __init__(self, config: Config, environ: Mapping[str, str], abort: threading.Event):
        self._config = config
        self._environ = environ
        self._abort = abort
        self._stack = ExitStack()
        self._ready = threading.Event()
        self._draining = threading.Event()
        self._failed: PipelineError | None = None
        self._endpoints: EndpointPool | None = None
        self._pool: SessionPool | None = None
        self._starter: threading.Thread | None = None
        self.model: str | None = None

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._ready.is_set():
            self._stack.close()  # a host that still loads its model is not waited for
        if self._starter is not None:
            self._starter.join()
        if self._pool is not None:
            self._pool.close()
        self._stack.close()

    def start(self) -> None:
        """Begin to start; returns at once. Raises what is wrong already, such as a missing key or GStreamer."""
        if self._config.audio.input == "compressed":
            from pipeline.speech.compressed import check_gstreamer

            check_gstreamer()
        embedded = embeds(self._config.service)
        if embedded and lacks_voices(self._config):
            raise ModelMissing("telling speakers apart needs the model voices", hint=f"run: {FETCH_VOICES}")
        endpoints = () if embedded else resolve(self._config.service, self._environ)
        host = self._stack.enter_context(EmbeddedHost(self._config.service)) if embedded else None
        self._starter = threading.Thread(target=self._open, args=(host, endpoints), name="service-start")
        self._starter.start()

    def submit(self, task: Task) -> Future[Tried]:
        """Queue a task; waits until the service has started. Raises what kept it from starting, or Interrupted."""
        while not self._ready.wait(TICK_S):
            if self._draining.is_set():
                raise Interrupted("the run is ending")
        if self._pool is None:
            raise self._failed or ServiceError("the Speech service did not start")
        return self._pool.submit(task)

    @property
    def sessions(self) -> int:
        """The most sessions at once, as far as it is known before the start."""
        return sessions(self._config.service)

    @property
    def dead(self) -> PipelineError | None:
        """Why no session can succeed any more in this run."""
        if self._failed is not None:
            return self._failed
        return self._endpoints.dead if self._endpoints is not None else None

    def drain(self) -> None:
        """Begin no session any more."""
        self._draining.set()
        if self._pool is not None:
            self._pool.drain()

    def _open(self, host: EmbeddedHost | None, endpoints: tuple[Endpoint, ...]) -> None:
        try:
            if host is not None:
                listening = host.wait()
                self.model = listening.model
                endpoints = (local_endpoint(listening.url, self._config.service, self.sessions, listening.key),)
            self._endpoints = EndpointPool(
                endpoints,
                give_up_after_s=self._config.run.give_up / 1000,
                give_up_attempts=self._config.run.attempts,
                first_rest_s=self._config.run.backoff / 1000,
                longest_rest_s=self._config.run.max_backoff / 1000,
            )
            self._pool = SessionPool(self._endpoints, self._retry(), self._patience(), self._abort)
            if self._draining.is_set():
                self._pool.drain()
        except PipelineError as error:
            self._failed = error
        finally:
            self._ready.set()

    def _retry(self) -> Retry:
        run = self._config.run
        return Retry(run.attempts, run.backoff, run.max_backoff)

    def _patience(self) -> Patience:
        return Patience(self._config.service.patience)


def embeds(service: ServiceSettings) -> bool:
    """Whether the embedded host is to be started, rather than an address used."""
    return service.kind == "local" and not (service.host or service.endpoint or service.endpoints)


def lacks_voices(config: Config) -> bool:
    """Whether speakers are to be told apart, and the offline recogniser has no model for it."""
    if not config.recognition.diarization or config.service.ear != "whisper":
        return False
    from pipeline.host import models  # only who asks for it pays for loading it

    return models.locate(VOICES) is None


def sessions(service: ServiceSettings) -> int:
    """Sessions at once: as configured, else a few more than the cores for a local host, the quota for the cloud."""
    if service.sessions != "auto":
        return service.sessions * max(1, len(service.endpoints))
    if service.kind == "local":
        # More than the cores can hear at once: while some are heard, others begin, send and end.
        return max(8, 4 * (os.cpu_count() or 1))
    return sum(100 if e.sessions == "auto" else e.sessions for e in service.endpoints) or 100
