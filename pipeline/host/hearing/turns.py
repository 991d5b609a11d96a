"""Which work does a free worker take next?

Listening comes before decoding, because it is cheap and finds windows that can be decoded together; but a full
batch does not wait. Streams take turns, so that a long recording does not hold up a short one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.host.hearing.ear import Pcm
from pipeline.host.hearing.stream import LISTEN_AT_ONCE_SAMPLES, Stream, Task
from pipeline.host.hearing.tuning import BATCH


@dataclass(frozen=True)
class Listen:
    stream: Stream
    pieces: list[Pcm]
    last: bool


@dataclass(frozen=True)
class Decode:
    tasks: list[Task]


class Turns:
    """What the streams and the workers share; every method may be called from any thread."""

    def __init__(self, workers: int, batch: int = BATCH) -> None:
        self._workers = workers
        self._most = batch
        self._change = threading.Condition()
        self._unheard: deque[Stream] = deque()
        self._waiting: deque[Stream] = deque()  # streams that have windows to decode
        self._closed = False

    def feed(self, stream: Stream, pcm: Pcm) -> None:
        with self._change:
            if not (stream.ended or stream.cancelled):
                stream.fed.append(pcm)
                self._queue(stream)

    def end(self, stream: Stream) -> None:
        with self._change:
            if not (stream.ended or stream.cancelled):
                stream.ended = True
                self._queue(stream)

    def drop(self, stream: Stream) -> None:
        with self._change:
            stream.cancelled = True
            stream.fed.clear()
            stream.ready.clear()

    def heard(self, stream: Stream, tasks: Iterable[Task]) -> None:
        """A worker has listened: these windows are ready, and more audio may have come meanwhile."""
        with self._change:
            stream.listening = False
            if stream.cancelled:
                return
            stream.ready.extend(tasks)
            if stream.ready and stream not in self._waiting:
                self._waiting.append(stream)
            if stream.fed or (stream.ended and not stream.finished):
                self._unheard.append(stream)
            self._change.notify_all()

    def identified(self, stream: Stream, language: str | None) -> None:
        """The stream's first window was decoded; the rest may be, in that language unless it is None."""
        with self._change:
            stream.identifying = False
            stream.language = stream.language or language
            if stream.ready and stream not in self._waiting:
                self._waiting.append(stream)
            self._change.notify_all()

    def next(self) -> Listen | Decode | None:
        """Wait for work; None when there will never be any more."""
        with self._change:
            while not self._closed:
                if self._unheard and not self._full_batch_waits():
                    return self._listen()
                if self._waiting and (tasks := self._batch()):
                    return Decode(tasks)
                if not self._unheard:
                    self._change.wait()
            return None

    @property
    def idle(self) -> bool:
        with self._change:
            return not (self._unheard or self._waiting)

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify_all()

    # -- called with the lock held --------------------------------------------------------------------------

    def _queue(self, stream: Stream) -> None:
        if not stream.listening and stream not in self._unheard:
            self._unheard.append(stream)
            self._change.notify()

    def _listen(self) -> Listen:
        stream = self._unheard.popleft()
        stream.listening = True
        pieces: list[Pcm] = []
        samples = 0
        while stream.fed and samples < LISTEN_AT_ONCE_SAMPLES:
            samples += len(stream.fed[0])
            pieces.append(stream.fed.popleft())
        last = stream.ended and not stream.fed
        stream.finished = last
        return Listen(stream, pieces, last)

    def _full_batch_waits(self) -> bool:
        return sum(len(stream.ready) for stream in self._waiting if not stream.identifying) >= self._most

    def _batch(self) -> list[Task]:
        """Windows of one length: the first stream's next, and what goes with it, from each stream in turn."""
        streams = [stream for stream in self._waiting if stream.ready]
        if not streams:
            self._waiting.clear()
            return []
        length_s = streams[0].ready[0].sound.length_s
        fitting = sum(task.sound.length_s == length_s for stream in streams for task in stream.ready)
        most = max(1, min(self._most, -(-fitting // self._workers)))  # leave the other workers something to do
        tasks: list[Task] = []
        while len(tasks) < most:
            took = [task for stream in streams if (task := _take(stream, length_s)) is not None]
            if not took:
                break
            tasks += took
        self._waiting.rotate(-1)
        self._waiting = deque(stream for stream in self._waiting if stream.ready and not stream.identifying)
        return tasks


def _take(stream: Stream, length_s: float) -> Task | None:
    """The stream's next window of this length, if it may be decoded now."""
    if stream.identifying:
        return None
    for at, task in enumerate(stream.ready):
        if task.sound.length_s == length_s:
            del stream.ready[at]
            stream.identifying = stream.identifies_first
            return stream.in_language(task)
        if stream.identifies_first:  # only the first window tells the language
            return None
    return None
