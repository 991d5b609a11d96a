"""How does each program transcribe a folder of recordings, and what does that cost?

Every engine is a whole process: start, model, files, results. CPU seconds are those of the process and all it
starts; wall seconds depend on what else the machine does.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.host import models

PROJECT = Path(__file__).resolve().parents[1]
PEER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "speech-pipeline/bench/whisper-ctranslate2"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LIMIT_S = 3600

Words = list[tuple[str, float, float]]


@dataclass(frozen=True)
class Heard:
    """What an engine wrote of one recording."""

    text: str
    words: Words


@dataclass(frozen=True)
class Result:
    heard: Mapping[str, Heard]
    wall_s: float
    cpu_s: float


Engine = Callable[[Path, str, Path], Result]
"""Folder of WAV files, model, empty folder for outputs."""

DIRECT = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from faster_whisper import BatchedInferencePipeline, WhisperModel
folder, model, out, workers, options = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), json.loads(sys.argv[5])
whisper = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=1, num_workers=workers)
batch = options.pop("batch_size", None)
engine = BatchedInferencePipeline(whisper) if batch else whisper
options.update({"batch_size": batch} if batch else {})

def hear(path):
    segments = list(engine.transcribe(str(path), language="en", **options)[0])
    words = [[word.word, word.start, word.end] for segment in segments for word in segment.words or []]
    return path.stem, {"text": " ".join(segment.text.strip() for segment in segments), "words": words}

# Longest first, so that the workers end together.
paths = sorted(Path(folder).glob("*.wav"), key=lambda path: -path.stat().st_size)
with ThreadPoolExecutor(workers) as pool:
    Path(out, "heard.json").write_text(json.dumps(dict(pool.map(hear, paths))))
"""


def ours(folder: Path, model: str, out: Path) -> Result:
    """The command a user types, as a process: SDK, host and all."""
    command = [sys.executable, "-m", "pipeline", "transcribe", str(folder), "-o", str(out), "--format", "json"]
    command += ["--language", "en-US", "--progress", "none", "--set", f"service.model={model}"]
    wall_s, cpu_s = _timed(command)
    heard = {}
    for path in sorted(folder.glob("*.wav")):
        transcript = json.loads((out / f"{path.stem}.json").read_text(encoding="utf-8"))
        words = [
            (word["text"], word["start_ms"] / 1000, word["end_ms"] / 1000)
            for segment in transcript["segments"]
            for word in segment["words"]
        ]
        heard[path.stem] = Heard(transcript["text"], words)
    return Result(heard, wall_s, cpu_s)


def direct(**options: object) -> Engine:
    """faster-whisper's own call, one worker of one thread a core."""

    def run(folder: Path, model: str, out: Path) -> Result:
        where = str(models.fetch(model))
        arguments = [str(folder), where, str(out), str(CORES), json.dumps(options)]
        wall_s, cpu_s = _timed([sys.executable, "-c", DIRECT, *arguments])
        read = json.loads((out / "heard.json").read_text(encoding="utf-8"))
        heard = {
            name: Heard(one["text"], [(text, start, end) for text, start, end in one["words"]])
            for name, one in read.items()
        }
        return Result(heard, wall_s, cpu_s)

    return run


def whisper_ctranslate2(*options: str) -> Engine:
    """The peer, all files in one process, with its defaults but for int8 and the language."""

    def run(folder: Path, model: str, out: Path) -> Result:
        paths = [str(path) for path in sorted(folder.glob("*.wav"))]
        command = [str(PEER / "bin" / "whisper-ctranslate2"), *paths, "--output_dir", str(out)]
        command += ["--output_format", "json", "--model_directory", str(models.fetch(model))]
        command += ["--language", "en", "--compute_type", "int8", "--threads", str(CORES), *options]
        wall_s, cpu_s = _timed(command)
        heard = {}
        for path in sorted(out.glob("*.json")):
            segments = json.loads(path.read_text(encoding="utf-8"))["segments"]
            words = [(word["word"], word["start"], word["end"]) for one in segments for word in one.get("words") or []]
            heard[path.stem] = Heard(" ".join(one["text"].strip() for one in segments), words)
        return Result(heard, wall_s, cpu_s)

    return run


def peer_is_there(*, install: bool) -> bool:
    """Whether whisper-ctranslate2 can be run; it is installed into an environment of its own if asked."""
    if not (PEER / "bin" / "whisper-ctranslate2").exists() and install:
        venv.create(PEER, with_pip=True)
        subprocess.run([str(PEER / "bin" / "pip"), "install", "-q", "whisper-ctranslate2"], check=True)
    return (PEER / "bin" / "whisper-ctranslate2").exists()


def run(engine: Engine, folder: Path, model: str, scratch: Path) -> Result:
    """One whole process, on an empty output folder."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return engine(folder, model, scratch)


def _timed(command: Sequence[str]) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=LIMIT_S)
    wall_s = time.monotonic() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:4])} ... failed with {done.returncode}:\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s
