"""Recordings for tests, made by the real ffmpeg."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.audio import wav
from pipeline.values import Source

SAMPLES = Path(__file__).resolve().parent.parent / "data" / "samples"
CORPUS = Path(os.environ.get("SPEECH_CORPUS", SAMPLES.parents[2] / "shared" / "corpus"))


def make(path: Path, *arguments: str) -> Path:
    """The file that ffmpeg makes of these arguments."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, f"file:{path}"]
    subprocess.run(command, check=True, timeout=120)
    return path


def tone(seconds: float, hz: int = 440) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=frequency={hz}:duration={seconds}:sample_rate=44100")


def picture(seconds: float) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc=duration={seconds}:size=64x64:rate=10")


def source(path: Path) -> Source:
    status = path.lstat()
    return Source(str(path), path.name, path.stem, status.st_size, status.st_mtime_ns)


def samples(clip: Path) -> npt.NDArray[np.int16]:
    return np.frombuffer(b"".join(wav.blocks(clip)), "<i2")


def write_wav(path: Path, data: npt.NDArray[np.int16]) -> Path:
    raw = data.astype("<i2").tobytes()
    path.write_bytes(wav.header(len(raw)) + raw)
    return path


def first_sound_ms(clip: Path) -> int:
    """When the clip is first louder than a whisper."""
    return int(np.argmax(np.abs(samples(clip).astype(np.int32)) > 300)) // 16
