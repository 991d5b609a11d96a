"""What did a command cost, with everything it started?

Wall seconds, CPU seconds of the whole process tree (as the kernel counted them), and the peak of its resident memory.
Benchmarks compare programs in the same run, in turn, round after round: on a shared machine only such ratios mean
anything, and CPU seconds more than wall.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from platformdirs import user_cache_dir

PROJECT = Path(__file__).resolve().parents[1]
PIPELINE = [sys.executable, "-m", "pipeline"]
CACHE = Path(os.environ.get("SPEECH_BENCH_CACHE") or Path(user_cache_dir("speech-pipeline")) / "bench")
CORPUS = Path(os.environ.get("SPEECH_CORPUS") or PROJECT.parent / "shared/corpus")
SAMPLE_S = 0.1
LAST_WORDS = 2_000


class Unavailable(Exception):
    """This benchmark cannot run here; the message says what is missing."""


@dataclass(frozen=True)
class Cost:
    """What one run of a command took.

    `memory_mb` is the resident memory of its largest process at the worst moment; `all_mb` that of all its processes,
    in which pages that they share count several times.
    """

    wall_s: float
    cpu_s: float
    memory_mb: float
    all_mb: float
    exit_code: int
    words: str


def cost(
    command: Sequence[str | Path], *, limit_s: float = 600, extra_environ: Mapping[str, str] | None = None
) -> Cost:
    """Run a command to its end. One that does not end in time is killed, and RuntimeError raised."""
    environ = {**os.environ, "PYTHONPATH": str(PROJECT), **(extra_environ or {})}
    with contextlib.ExitStack() as stack:
        spoken = stack.enter_context(os.fdopen(os.memfd_create("words"), "w+b"))
        started = time.perf_counter()
        process = subprocess.Popen(
            [*map(str, command)], stdout=spoken, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environ
        )
        meter = _Meter(process.pid, limit_s)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        meter.close()
        spoken.seek(0)
        words = spoken.read().decode(errors="replace")
    if meter.killed:
        raise RuntimeError(f"took longer than {limit_s:.0f} s: {command}")
    cpu_s = usage.ru_utime + usage.ru_stime
    return Cost(wall_s, cpu_s, meter.largest_mb, meter.all_mb, process.returncode, words)


def succeeded(command: Sequence[str | Path], **options: object) -> Cost:
    """As `cost`; raises RuntimeError with the command's last words where it failed."""
    paid = cost(command, **options)  # type: ignore[arg-type]
    if paid.exit_code != 0:
        raise RuntimeError(f"exit code {paid.exit_code}: {list(map(str, command))}\n{paid.words[-LAST_WORDS:]}")
    return paid


class _Meter:
    """Watches the memory of a process tree, and the clock."""

    def __init__(self, pid: int, limit_s: float):
        self.largest_mb = 0.0
        self.all_mb = 0.0
        self.killed = False
        self._done = threading.Event()
        self._deadline = time.monotonic() + limit_s
        self._process = psutil.Process(pid)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_S):
            with contextlib.suppress(psutil.Error):
                tree = [self._process, *self._process.children(recursive=True)]
                sizes = [_resident(one) / 1e6 for one in tree]
                self.largest_mb = max(self.largest_mb, *sizes)
                self.all_mb = max(self.all_mb, sum(sizes))
            if time.monotonic() > self._deadline:
                self.killed = True
                _kill(self._process)
                return


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        for one in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                one.kill()


@contextlib.contextmanager
def host(*options: str) -> Iterator[str]:
    """The project's own Speech host with the scripted ear, as a process apart; its address."""
    command = [*PIPELINE, "host", "--ear", "scripted", "--port", "0", "--parent-pid", str(os.getpid()), *options]
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ) as process:
        try:
            assert process.stdout is not None
            yield str(json.loads(process.stdout.readline())["listening"])
        finally:
            process.terminate()


def spread(values: Sequence[float], digits: int = 2) -> str:
    """`1.23 (1.10 to 1.41)`: the median, and from where to where."""
    middle = f"{median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine() -> str:
    """One line: processor, cores, memory, system."""
    processor = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory_gb = psutil.virtual_memory().total / 2**30
    return f"{processor}, {os.cpu_count()} cores, {memory_gb:.0f} GB, {platform.platform(terse=True)}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
