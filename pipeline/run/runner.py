"""Plan, execute, record, tell: the order of a run.

A generator: the caller iterates what happens, and everything is recorded whether or not it looks.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline import __version__
from pipeline.audio.scratch import Scratch
from pipeline.config.schema import Config
from pipeline.discover import Problem, discover
from pipeline.errors import Locked, Missing
from pipeline.files import sweep, unwritable
from pipeline.run import entries, manifest
from pipeline.run.allocator import share_one_arena
from pipeline.run.events import Ended, Event, Finished, Planned
from pipeline.run.executors import local
from pipeline.run.expect import Expectation
from pipeline.run.job import Budget, Worked, Workshop, crashed, run_job
from pipeline.run.ledger import FILE_NAME, Identity, Ledger
from pipeline.run.made_by import sdk_version
from pipeline.run.outputs import inside
from pipeline.run.plan import Asked, Job, Skip, plan
from pipeline.run.service import Service
from pipeline.run.settings import job_settings, settings_key
from pipeline.run.stop import Stop
from pipeline.run.twins import Twins
from pipeline.run.verdict import Tally
from pipeline.values import Done, Failed, Skipped, Source
from pipeline.writers.transcript_json import pieces

log = logging.getLogger(__name__)

STATE = ".speech-pipeline"
# Jobs beyond the sessions: they convert the next recordings while the sessions are busy.
AHEAD = 2
# A file that was in flight at so many crashes is tried alone; if the process dies again, it is the file.
CRASHES_TOGETHER = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops by itself; None is no limit."""

    files: int | None = None
    audio_ms: int | None = None
    time_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A run as asked for."""

    config: Config
    asked: Asked = field(default_factory=Asked)
    limits: Limits = field(default_factory=Limits)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)


def run(request: Request, stop: Stop) -> Iterator[Event]:
    """Do it all. Raises Locked, OutputError, or what keeps the run from starting; later faults are outcomes."""
    share_one_arena()
    output = Path(request.config.output.folder)
    if request.config.run.executor != "local":
        raise Missing(
            f"run.executor: {request.config.run.executor} is not part of this version", hint="set run.executor: local"
        )
    problems: list[Problem] = []
    # An input that does not exist is found here, before there is an output folder.
    sources = discover(
        request.config.input, output, request.config.translation.targets, problems.append, request.config
    )
    with ExitStack() as stack:
        stack.callback(stop.close)
        stack.enter_context(locked(output))
        ledger = Ledger(output / STATE)
        stack.callback(ledger.close)
        last = ledger.last_run()
        if last is not None and last["ended_at"] is None:
            sweep(output)  # what it had begun to write; after a run that ended there is nothing to look for
        yield from _Run(request, stop, output, ledger).events(sources, problems)


class locked:
    """One run at a time on an output folder. Raises Locked or OutputError."""

    def __init__(self, output: Path):
        self._output = output
        self._lock = FileLock(output / STATE / "lock")

    def __enter__(self) -> None:
        try:
            for name in (STATE, f"{STATE}/lock", f"{STATE}/{FILE_NAME}", f"{STATE}/scratch", "runs"):
                inside(self._output, name)
            (self._output / STATE).mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise Locked(f"another run holds the lock on {str(self._output)!r}") from error
        except OSError as error:
            raise unwritable(self._output, error) from error

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class _Run:
    """The parts of one run, in the order they are used."""

    def __init__(self, request: Request, stop: Stop, output: Path, ledger: Ledger):
        self.request = request
        self.stop = stop
        self.output = output
        self.ledger = ledger
        self.started_at = datetime.now(timezone.utc)
        self.started = time.monotonic()
        self.id = f"{self.started_at:%Y%m%dT%H%M%S%f}-{os.urandom(3).hex()}"
        self.left_alone: dict[str, str] = {}
        self.jobs: list[Job] = []
        self.tally = Tally()
        self.expectation = Expectation()

    def events(self, sources: Iterator[Source], problems: Sequence[Problem]) -> Iterator[Event]:
        """`problems` grow while the sources are walked."""
        config = self.request.config
        key = settings_key(job_settings(config))
        self.ledger.begin_run(self.id, _iso(self.started_at), key)
        self._plan(sources)
        yield Planned(len(self.jobs), dict(Counter(self.left_alone.values())), tuple(map(str, problems)))
        if self.request.limits.time_ms is not None:
            self.stop.after(self.request.limits.time_ms / 1000, self.stop.reach_limit)
        with Service(config, self.request.environ, self.stop.abort) as service:
            yield from self._work(service)
            for job in self.jobs:
                if job.source.name not in self.tally.seen:
                    self.left_alone[job.source.name] = "pending"
            self.tally.service_fault = service.dead
        yield self._end(key)

    def _plan(self, sources: Iterator[Source]) -> None:
        asked = self.request.asked
        for decision in plan(sources, self.request.config, self.output, self.ledger.all_known, asked):
            if isinstance(decision, Skip):
                self.left_alone[decision.name] = decision.reason
            else:
                self.jobs.append(decision)
        most = self.request.limits.files
        if most is not None and len(self.jobs) > most:
            for job in self.jobs[most:]:
                self.left_alone[job.source.name] = "limit"
            del self.jobs[most:]
            self.stop.limit = True
        # The longest first, so that the last session ends when the others do; bytes stand for length until opened.
        self.jobs.sort(key=lambda job: -job.source.bytes)
        self.expectation.plan([job for job in self.jobs if not job.render_only])

    def _work(self, service: Service) -> Iterator[Event]:
        if not self.jobs:
            return
        if not all(job.render_only for job in self.jobs):
            service.start()
        with Scratch(self._scratch_folder()) as scratch:
            shop = self._workshop(service, scratch)
            watch = threading.Thread(target=self._drain_on_stop, args=(service,), daemon=True)
            watch.start()
            for ended in self._outcomes(shop):
                if ended is None:
                    yield self.expectation.progress()
                else:
                    yield Finished(self._record(*ended).outcome)
                if service.dead is not None:
                    self.stop.give_up()
            self.stop.soft.set()
            watch.join()

    def _outcomes(self, shop: Workshop) -> Iterator[tuple[Job, Worked] | None]:
        """First, alone, each file that was in flight at several crashes; then all others side by side."""
        suspects = self.ledger.suspects()
        alone = [job for job in self.jobs if suspects.get(job.source.name, 0) >= CRASHES_TOGETHER]
        for job in alone:
            if suspects[job.source.name] > CRASHES_TOGETHER:
                yield job, crashed(job, suspects[job.source.name])
            else:
                yield from local.run([job], lambda job: self._job(job, shop), 1, self.stop.soft)
        others = [job for job in self.jobs if suspects.get(job.source.name, 0) < CRASHES_TOGETHER]
        at_once = shop.service.sessions + AHEAD
        yield from local.run(others, lambda job: self._job(job, shop), at_once, self.stop.soft)

    def _job(self, job: Job, shop: Workshop) -> Worked:
        """A job, known to the ledger while it runs: what the process dies of must be among these."""
        if not job.render_only:
            self.ledger.enter(job.source.name)
        return run_job(job, shop)

    def _workshop(self, service: Service, scratch: Scratch) -> Workshop:
        return Workshop(
            output=self.output,
            scratch=scratch,
            ledger=self.ledger,
            service=service,
            budget=Budget(self.request.limits.audio_ms),
            converting=threading.Semaphore(os.cpu_count() or 1),
            abort=self.stop.abort,
            twins=Twins(),
            prove=self.request.config.run.coverage != "off",
            heard=self.expectation.heard,
            learn=self.expectation.learn,
        )

    def _drain_on_stop(self, service: Service) -> None:
        """The queue of chunks is emptied as soon as the run is asked to stop, whatever thread is busy."""
        self.stop.soft.wait()
        service.drain()

    def _scratch_folder(self) -> Path:
        configured = self.request.config.audio.scratch
        return Path(configured) if configured else self.output / STATE / "scratch"

    def _record(self, job: Job, worked: Worked) -> Worked:
        outcome, source, settings = worked.outcome, job.source, job.settings
        self.tally.add(outcome)
        if isinstance(outcome, Skipped):
            self.left_alone[source.name] = outcome.reason
            self.ledger.leave(source.name)
            if outcome.reason == "limit":
                self.stop.limit = True
            return worked
        entry = entries.of_done(outcome) if isinstance(outcome, Done) else entries.of_failed(outcome)
        identity = Identity(
            source.name,
            source.output,
            source.bytes,
            source.mtime_ns,
            worked.sha256,
            settings.recognition_key,
            settings.output_key,
        )
        status = "failed" if isinstance(outcome, Failed) else "done"
        text = pieces(worked.transcript) if worked.transcript is not None else None
        self.ledger.record(identity, status, entry, self.id, text)
        return worked

    def _end(self, key: str) -> Ended:
        ended_at = datetime.now(timezone.utc)
        took_s = time.monotonic() - self.started
        code = self.tally.exit_code(self.stop, self.left_alone, self.request.config.run.coverage)
        totals = self.tally.totals(self.left_alone, took_s)
        about = {
            "id": self.id,
            "started_at": _iso(self.started_at),
            "ended_at": _iso(ended_at),
            "pipeline": __version__,
            "sdk": sdk_version(),
            "settings": key,
            "exit_code": code,
        }
        path, _ = manifest.write(self.output, about, totals, self.ledger, self.left_alone)
        self.ledger.end_run(self.id, _iso(ended_at), code, totals)
        return Ended(code, totals, path, self.tally.why(self.stop))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
