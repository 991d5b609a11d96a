"""Real runs of the command line on made-up recordings: `transcribe(folder, output).entry("a.wav")`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
# Pauses as short as a test needs them; everything else is as shipped.
QUICK = ("run.backoff=20ms", "run.max_backoff=200ms", "service.patience=1s", "service.upload_speed=100")
_SECRET_VARIABLES = ("AZURE_AI_SPEECH_KEY", "SPEECH_KEY", "AZURE_AI_SPEECH_REGION", "SPEECH_REGION")


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str
    output: Path

    @property
    def manifest(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.output / "manifest.json").read_text("utf-8"))
        return content

    @property
    def entries(self) -> dict[str, dict[str, Any]]:
        return {entry["source"]: entry for entry in self.manifest["files"]}

    def having(self, status: str) -> list[str]:
        return [name for name, entry in self.entries.items() if entry["status"] == status]


def noise(path: Path, seconds: float = 1.0, seed: int = 0) -> Path:
    """A WAV that the service takes as it is; another seed is another text for the scripted ear."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(-8000, 8000, round(seconds * 16_000), dtype=np.int16)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(samples.tobytes())
    return path


def recordings(folder: Path, count: int, seconds: float = 1.0) -> Path:
    """A folder of `count` recordings, f00.wav and so on, each with a text of its own."""
    for number in range(count):
        noise(folder / f"f{number:02}.wav", seconds, seed=number)
    return folder


def start(
    *arguments: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT, stdout: Any = subprocess.PIPE
) -> subprocess.Popen[str]:
    """The command line as a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in _SECRET_VARIABLES}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**kept, "OMP_NUM_THREADS": "1", **(env or {})},
    )


def finish(process: subprocess.Popen[str], output: Path = Path(), timeout_s: float = 60) -> Ended:
    """Wait for it. Whatever happened to it, nobody may see a traceback."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the run hangs:\n{err}") from None
    assert "Traceback" not in err, err
    assert "unexpected error" not in err, err
    return Ended(process.returncode, out or "", err, output)


def settings(*values: str) -> list[str]:
    """The --set options."""
    return [part for value in values for part in ("--set", value)]


def transcribing(
    folder: Path,
    output: Path,
    *arguments: str | Path,
    values: tuple[str, ...] = (),
    url: str | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.Popen[str]:
    """`transcribe` with the scripted ear: of the embedded host, or of the host at `url`."""
    service = ["--service", url] if url else settings("service.ear=scripted")
    return start("transcribe", folder, "-o", output, *service, *settings(*QUICK, *values), *arguments, env=env)


def transcribe(
    folder: Path,
    output: Path,
    *arguments: str | Path,
    values: tuple[str, ...] = (),
    url: str | None = None,
    env: dict[str, str] | None = None,
    timeout_s: float = 60,
) -> Ended:
    """As `transcribing`, to its end."""
    process = transcribing(folder, output, *arguments, values=values, url=url, env=env)
    return finish(process, output, timeout_s)


def faults_file(folder: Path, *rules: str, **options: Any) -> Path:
    """A faults file; each rule and option is YAML, such as "fault: status, status: 401"."""
    path = folder / "faults.yaml"
    lines = ["rules:", *(f"  - {{{rule}}}" for rule in rules)] if rules else []
    lines += [f"{name}: {value}" for name, value in options.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


def scratch_files(output: Path) -> list[str]:
    """Everything below an output folder that no finished run may leave there."""
    scratch = output / ".speech-pipeline" / "scratch"
    left = list(scratch.rglob("*")) if scratch.is_dir() else []
    return sorted(str(path.relative_to(output)) for path in [*left, *output.rglob(".speech-pipeline-*")])
