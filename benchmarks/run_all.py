"""How does everything that can be measured here measure up, today, on this machine?

    python benchmarks/run_all.py [--only overhead sessions ...] [--limit 1800]

Runs each benchmark as a process of its own with a time limit, and writes their tables to benchmarks/RESULTS.md with
the machine, the versions and the date. What cannot run here (no speech corpus, no network for a peer) is left out with
its reason. `--only` renews some sections and keeps the others as they are.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timezone

from measuring import CORPUS, PROJECT, machine

import pipeline

RESULTS = PROJECT / "benchmarks/RESULTS.md"
PACKAGES = ("azure-cognitiveservices-speech", "faster-whisper", "ctranslate2", "onnxruntime", "numpy", "websockets")
SECTION = re.compile(r"^## (?P<name>\w+): .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
LAST_WORDS = 300


@dataclass(frozen=True)
class Benchmark:
    """A script of this folder, its question, and its options."""

    name: str
    asks: str
    options: tuple[str, ...] = ()
    needs_corpus: bool = False


BENCHMARKS = (
    Benchmark("startup", "What does it take to do nothing?"),
    Benchmark("overhead", "What does the pipeline cost beside the bare SDK?"),
    Benchmark("sessions", "Do a hundred sessions get the speed of the cloud's throttle?"),
    Benchmark("long", "How long does a recording of three hours take?"),
    Benchmark("makespan", "Does the last session end when the others do?"),
    Benchmark("memory", "How much memory does a recording of ten hours take?"),
    Benchmark("sdk_peers", "How do other ways of running the SDK over a folder compare?", ("--install",)),
    Benchmark("throughput", "How fast are we beside Whisper's own runners?", ("--peer",), needs_corpus=True),
    Benchmark("accuracy", "Do we hear as well?", ("--peer",), needs_corpus=True),
    Benchmark("seams", "Does cutting a recording change what is heard?", needs_corpus=True),
    Benchmark("languages", "Is the language found?", needs_corpus=True),
    Benchmark("speakers", "Are the speakers told apart?", needs_corpus=True),
    Benchmark("translation", "How good are the translations?", needs_corpus=True),
    Benchmark("subtitles", "How good are the subtitles?", ("--install", "--out", "{scratch}"), needs_corpus=True),
    Benchmark("discover", "How fast are recordings found?"),
    Benchmark("known_files", "What does a night cost in which nothing is new?"),
)


def section(benchmark: Benchmark, limit_s: float) -> str:
    """A benchmark's heading with what it printed, or why it printed nothing."""
    started = time.monotonic()
    if benchmark.needs_corpus and not (CORPUS / "manifest.json").is_file():
        said = f"Left out: there is no speech corpus in {CORPUS} (SPEECH_CORPUS says where)."
    else:
        said = _run(benchmark, limit_s)
    command = " ".join(["python", f"benchmarks/{benchmark.name}.py", *benchmark.options])
    took = f"`{command}`, {datetime.now(timezone.utc):%Y-%m-%d}, {time.monotonic() - started:.0f} s"
    return f"## {benchmark.name}: {benchmark.asks}\n{took}\n\n{said.strip()}\n\n"


def _run(benchmark: Benchmark, limit_s: float) -> str:
    environ = {**os.environ, "PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as scratch:
        options = [option.format(scratch=scratch) for option in benchmark.options]
        command = [sys.executable, PROJECT / f"benchmarks/{benchmark.name}.py", *options]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, env=environ, check=False)
        except subprocess.TimeoutExpired:
            return f"Left out: not done within {limit_s:.0f} s."
    if done.returncode != 0:
        return f"Left out: it failed.\n```\n{(done.stderr or done.stdout).strip()[-LAST_WORDS:]}\n```"
    return done.stdout


def head() -> str:
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return (
        "# Results\n"
        "Written by `make bench` (benchmarks/run_all.py). docs/performance.md says what the numbers mean.\n\n"
        f"- {machine()}\n"
        f"- Python {platform.python_version()}, speech-pipeline {pipeline.__version__}, {versions}\n"
        f"- {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC; load before: {os.getloadavg()[0]:.1f}\n\n"
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def main() -> None:
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", default=names, choices=names)
    parser.add_argument("--limit", type=float, default=1800, help="seconds that one benchmark may take")
    asked = parser.parse_args()
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    found = {match["name"]: match.group() for match in SECTION.finditer(before)}
    for benchmark in BENCHMARKS:
        if benchmark.name in asked.only and (PROJECT / f"benchmarks/{benchmark.name}.py").exists():
            print(f"{benchmark.name}: {benchmark.asks}", file=sys.stderr, flush=True)
            found[benchmark.name] = section(benchmark, asked.limit)
            # After each, so that what was measured is kept whatever happens to the rest.
            RESULTS.write_text(head() + "".join(found[name] for name in names if name in found), encoding="utf-8")
    print(f"written to {RESULTS}", file=sys.stderr)


if __name__ == "__main__":
    main()
