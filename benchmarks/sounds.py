"""Which audio do the benchmarks work on?

Noise from a seed where the scripted ear listens: every half second of it is another word, so lost or doubled audio
shows. Real speech of the corpus where a recogniser does. Files are made once and kept in the cache folder.
"""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from measuring import CACHE

RATE_HZ = 16_000
LOUDNESS = 3_000
BLOCK_S = 60


def noise(name: str, count: int, seconds: float) -> Path:
    """A folder of `count` WAV files of `seconds` each, all different."""
    folder = CACHE / "noise" / f"{name}-{count}x{seconds:g}s"
    if not (folder / ".complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            write_wav(folder / f"{name}-{number:05}.wav", _noise(seconds, seed=number))
        (folder / ".complete").touch()
    return folder


def write_wav(path: Path, blocks: Iterator[bytes]) -> None:
    """16 kHz mono 16-bit; the blocks may be many."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for block in blocks:
            file.writeframesraw(block)


def _noise(seconds: float, seed: int) -> Iterator[bytes]:
    """Noise with a pause of half a second in every ten, so that there is where to cut."""
    random = np.random.default_rng(seed)
    left = round(seconds * RATE_HZ)
    while left > 0:
        samples = random.standard_normal(min(left, BLOCK_S * RATE_HZ)) * LOUDNESS
        if seconds > BLOCK_S:
            for start in range(9 * RATE_HZ, len(samples), 10 * RATE_HZ):
                samples[start : start + RATE_HZ // 2] = 0
        yield np.clip(samples, -32_768, 32_767).astype("<i2").tobytes()
        left -= len(samples)


def encoded(path: Path, source: str, seconds: float, *codec: str) -> Path:
    """A file made by ffmpeg from one of its own sources, such as `anoisesrc`."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name("part-" + path.name)
        command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-t", str(seconds), *codec, str(part)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        part.replace(path)
    return path


def length_s(paths: list[Path]) -> float:
    """Seconds of audio in WAV files."""
    total = 0.0
    for path in paths:
        with wave.open(str(path), "rb") as file:
            total += file.getnframes() / file.getframerate()
    return total
