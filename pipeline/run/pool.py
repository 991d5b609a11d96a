"""When does which chunk get a session, and when does it get another try?

The chunks of all files share one pool of sessions, longest first. A failed chunk waits for its next try in the queue,
not on a thread, so that a pause never costs a session.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import Interrupted, PipelineError, ServiceError
from pipeline.speech.endpoints import EndpointPool, Lease, blames_endpoint
from pipeline.speech.request import Patience, Progress, Recognised, Wanted
from pipeline.values import Fault

ACQUIRE_S = 1.0
# Tries that only say the endpoint was ill do not count against a chunk, but they are not endless either.
BLAMELESS_TRIES = 200


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential back-off with jitter over the upper half of each pause."""

    attempts: int = 5
    first_ms: int = 1_000
    longest_ms: int = 60_000

    def pause_s(self, failures: int, chance: Callable[[], float] = random.random) -> float:
        """Seconds before the next try after `failures` failed ones."""
        ceiling_ms = min(self.longest_ms, self.first_ms * 2 ** min(failures - 1, 30))
        return float(ceiling_ms * (0.5 + 0.5 * chance()) / 1000)


@dataclass(frozen=True, slots=True)
class Task:
    """One stretch of audio to be recognised; `audio` gives it as a WAV file for as long as a session needs it."""

    audio: Callable[[], AbstractContextManager[Path]]
    audio_ms: int
    wanted: Wanted
    progress: Progress = field(default=lambda ms: None, compare=False)
    keep: Callable[[Tried], Tried] = field(default=lambda tried: tried, compare=False)
    """given the result before anyone else sees it, for the checkpoint; what it returns is what the others see"""


@dataclass(frozen=True, slots=True)
class Tried:
    """A recognised task: by which endpoint, at which attempt, after which faults."""

    result: Recognised
    endpoint: str
    attempts: int
    faults: tuple[Fault, ...]


class GaveUp(PipelineError):
    """The last error of a task, with all that came before."""

    def __init__(self, last: PipelineError, faults: tuple[Fault, ...]):
        super().__init__(last.message, code=last.code, hint=last.hint, retryable=last.retryable)
        self.exit_code = last.exit_code
        self.last = last
        self.faults = faults


@dataclass(slots=True)
class _Item:
    task: Task
    future: Future[Tried]
    faults: list[Fault] = field(default_factory=list)
    blamed: int = 0
    failed_at: str = ""


class SessionPool:
    """Threads that run sessions; as many as the endpoints allow, started as they are needed."""

    def __init__(self, endpoints: EndpointPool, retry: Retry, patience: Patience, abort: threading.Event):
        self._endpoints = endpoints
        self._retry = retry
        self._patience = patience
        self._abort = abort
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._ready: list[tuple[tuple[int, int], int, _Item]] = []
        self._later: list[tuple[float, int, _Item]] = []
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def submit(self, task: Task) -> Future[Tried]:
        """The task's future: a Tried, or GaveUp, or Interrupted."""
        item = _Item(task, Future())
        with self._changed:
            if self._closed:
                item.future.set_exception(Interrupted("the run is ending"))
                return item.future
            self._push(item)
            if self._idle < len(self._ready) and len(self._threads) < self._endpoints.capacity:
                thread = threading.Thread(target=self._work, name=f"session-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        return item.future

    def drain(self) -> None:
        """Begin no session any more; those in flight go on. What waits is told Interrupted."""
        with self._changed:
            self._closed = True
            waiting = [item for *_, item in self._ready] + [item for *_, item in self._later]
            self._ready.clear()
            self._later.clear()
            self._changed.notify_all()
        for item in waiting:
            item.future.set_exception(Interrupted("the run ended before this was recognised"))

    def close(self) -> None:
        """Drain, and wait for the sessions in flight."""
        self.drain()
        for thread in self._threads:
            thread.join()

    def _push(self, item: _Item) -> None:
        # What failed comes last: bad recordings must not be all that an ill endpoint is probed with.
        heapq.heappush(self._ready, ((item.blamed, -item.task.audio_ms), next(self._order), item))

    def _work(self) -> None:
        while (item := self._next()) is not None:
            self._try(item)

    def _next(self) -> _Item | None:
        """The longest of the chunks that failed least; None once the pool is closed."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                while self._later and self._later[0][0] <= now:
                    self._push(heapq.heappop(self._later)[2])
                if self._ready:
                    return heapq.heappop(self._ready)[2]
                self._idle += 1
                self._changed.wait(self._later[0][0] - now if self._later else None)
                self._idle -= 1
        return None

    def _try(self, item: _Item) -> None:
        if self._abort.is_set():
            item.future.set_exception(Interrupted("the run was stopped"))
            return
        lease = self._endpoints.acquire(ACQUIRE_S, avoid=(item.failed_at,))
        if lease is None:
            self._no_endpoint(item)
            return
        error: PipelineError | None = None
        try:
            result = self._recognise(item, lease)
            tried = Tried(result, lease.endpoint.name, len(item.faults) + 1, tuple(item.faults))
            tried = item.task.keep(tried)
        except PipelineError as fault:
            error = fault
        except BaseException as bug:
            # Whoever waits for the result decides what a bug means; without this it would wait for ever.
            self._endpoints.release(lease, Interrupted("not the endpoint's fault"))
            item.future.set_exception(bug)
            return
        self._endpoints.release(lease, error)
        if error is None:
            item.future.set_result(tried)
        else:
            item.failed_at = lease.endpoint.name
            self._again(item, error)

    def _recognise(self, item: _Item, lease: Lease) -> Recognised:
        from pipeline.speech.session import recognise  # the SDK is loaded by the first session, not by a dry run

        task = item.task

        def progress(heard_ms: int) -> None:
            if heard_ms > 0:
                self._endpoints.answered(lease)
            task.progress(heard_ms)

        with task.audio() as wav:
            return recognise(
                wav,
                task.audio_ms,
                lease.endpoint,
                task.wanted,
                patience=self._patience,
                progress=progress,
                abort=self._abort,
            )

    def _no_endpoint(self, item: _Item) -> None:
        dead = self._endpoints.dead
        with self._changed:
            if dead is None and not self._closed:
                self._push(item)
                return
        item.future.set_exception(GaveUp(dead, tuple(item.faults)) if dead else Interrupted("the run ended"))

    def _again(self, item: _Item, error: PipelineError) -> None:
        """Queue the next try after a pause, or give up for good."""
        if isinstance(error, Interrupted):
            item.future.set_exception(error)
            return
        item.faults.append(error.fault("recognise"))
        item.blamed += not blames_endpoint(error)
        tired = item.blamed >= self._retry.attempts or len(item.faults) >= BLAMELESS_TRIES
        another = blames_endpoint(error) and self._endpoints.dead is None
        # Only the service may do better next time: a bad recording or a full disk will not.
        worth_it = another or (isinstance(error, ServiceError) and error.retryable)
        if tired or not worth_it:
            item.future.set_exception(GaveUp(error, tuple(item.faults)))
            return
        at = time.monotonic() + self._retry.pause_s(len(item.faults))
        with self._changed:
            if not self._closed:
                heapq.heappush(self._later, (at, next(self._order), item))
                self._changed.notify()
                return
        item.future.set_exception(Interrupted("the run ended before the next try"))
