"""Which arrangement of threads and batches suits this machine best, and what was found the last time?

A worker is a thread that listens and decodes on its own; CTranslate2 may split the arithmetic of each worker over
several more. On two cores, workers of one thread won by far; on others caches and memory differ, so
`speech-pipeline host --tune` measures and the ear remembers.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.host import models
from pipeline.host.hearing.network import EXERCISE_S, Network

BATCH = 8
"""Windows decoded together: a token costs 6 ms of CPU alone, 2.9 in four, 2.5 in eight."""
BATCHES = (4, 16)
MEASURE_S, ROUNDS = 2.0, 3
"""Each arrangement is measured so long, so often, in turn with the others, and its best counts: machines are noisy."""
CLEARLY = 1.05
"""By so much must one be faster to be preferred to one before it; the first is what is done unasked."""
FILE_NAME = "tuning.json"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """So many workers, each of so many threads, decode up to `batch` windows together."""

    workers: int
    threads: int = 1
    batch: int = BATCH


@dataclass(frozen=True, slots=True)
class Trial:
    """An arrangement, and how many seconds of continuous speech it reads in a second."""

    arrangement: Arrangement
    speed: float


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def arrangement_for(model: str, workers: int | None = None) -> Arrangement:
    """What was found best for this model (SHA-256 of its weights, or a folder) on as many cores; else a worker a core.

    `workers`, where somebody asks for so many, goes before what is remembered.
    """
    if workers is not None:
        return Arrangement(workers)
    kept = _remembered().get(_key(model))
    found = [kept.get(name) for name in Arrangement.__slots__] if isinstance(kept, dict) else []
    numbers = [number for number in found if isinstance(number, int) and number > 0]
    return Arrangement(*numbers) if len(numbers) == len(Arrangement.__slots__) else Arrangement(cores())


def tune(folder: Path, most: int, measure_s: float | None = None) -> Iterator[Trial]:
    """Measure the arrangements of `most` threads worth trying: first how to share them out, then the batch."""
    measure_s = measure_s or MEASURE_S
    shares = _measured(folder, [Arrangement(most // threads, threads) for threads in _shares(most)], measure_s)
    yield from shares
    shared = best(shares).arrangement
    batches = [Arrangement(shared.workers, shared.threads, batch) for batch in (BATCH, *BATCHES)]
    yield from _measured(folder, batches, measure_s)


def best(trials: Sequence[Trial]) -> Trial:
    """The fastest, but the first of those that are hardly slower."""
    chosen = trials[0]
    for trial in trials[1:]:
        if trial.speed > CLEARLY * chosen.speed:
            chosen = trial
    return chosen


def remember(model: str, arrangement: Arrangement) -> Path:
    """Keep it for the ears that are opened from now on; the file. Raises OSError."""
    found = {**_remembered(), _key(model): asdict(arrangement)}
    path = models.cache() / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{FILE_NAME}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(found, stream, indent=1)
    Path(name).replace(path)
    return path


def _shares(most: int) -> Iterator[int]:
    """Threads a worker: 1, 2, 4, ... as far as they share out `most` without a rest."""
    threads = 1
    while threads <= most:
        if most % threads == 0:
            yield threads
        threads *= 2


def _measured(folder: Path, arrangements: Sequence[Arrangement], measure_s: float) -> list[Trial]:
    speeds = dict.fromkeys(arrangements, 0.0)
    for _ in range(ROUNDS):
        for arrangement in arrangements:
            speeds[arrangement] = max(speeds[arrangement], _speed(folder, arrangement, measure_s))
    return [Trial(arrangement, speed) for arrangement, speed in speeds.items()]


def _speed(folder: Path, arrangement: Arrangement, measure_s: float) -> float:
    network = Network.load(folder, workers=arrangement.workers, threads=arrangement.threads)
    done = [0] * arrangement.workers
    ready = threading.Barrier(arrangement.workers + 1)
    over = threading.Event()

    def work(number: int) -> None:
        network.exercise(1)  # what is only allocated once
        ready.wait()
        while not over.is_set():
            network.exercise(arrangement.batch)
            done[number] += arrangement.batch

    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(arrangement.workers)]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.monotonic()
    over.wait(measure_s)
    over.set()
    for worker in workers:
        worker.join()
    return sum(done) * EXERCISE_S / (time.monotonic() - started)


def _remembered() -> dict[str, Any]:
    try:
        found = json.loads((models.cache() / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _key(model: str) -> str:
    return f"{model}/{cores()}"
