"""Which recordings are measured, and what is said in them?

The English part of the corpus that SPEECH_CORPUS names, with good references: as it is; its short clips; its natural
recordings of a minute or more (one reader's consecutive clips are put together again); and all of it joined at random
with pauses of half a second, where speakers and rooms change all the time.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

RATE_HZ = 16_000
PAUSE = b"\0" * RATE_HZ  # half a second of 16-bit samples
SHORT_S = (2.0, 15.0)
LONG_ENOUGH_S = 20.0


@dataclass(frozen=True)
class Recording:
    """16 kHz mono PCM, what is said in it, and when each joined clip starts."""

    name: str
    pcm: bytes
    text: str
    starts_s: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / RATE_HZ


def corpus() -> Path:
    default = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    folder = Path(os.environ.get("SPEECH_CORPUS", default))
    if not (folder / "manifest.json").is_file():
        sys.exit(f"no speech corpus in {folder}: set SPEECH_CORPUS")
    return folder


def clips() -> list[Recording]:
    """Every English recording with a good reference, once (not its copies in other formats), one speaker at a time."""
    folder = corpus()
    loaded = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    seen: set[str] = set()
    found = []
    for item in loaded if isinstance(loaded, list) else loaded["items"]:
        if item["language"] != "en" or item["reference_quality"] != "good" or (item.get("speakers") or 1) > 1:
            continue
        ending = "".join(filter(str.isalpha, item["reference_text"].lower()))[-40:]  # copies may differ in a heading
        if ending in seen:
            continue
        seen.add(ending)
        found.append(Recording(item["id"], _decode(folder / item["file"]), item["reference_text"]))
    return found


def short() -> list[Recording]:
    return [clip for clip in clips() if SHORT_S[0] <= clip.seconds <= SHORT_S[1]]


def natural() -> list[Recording]:
    """Recordings as people make them: a chapter read by one person, and everything else that is not short."""
    every = clips()
    chapter = [clip for clip in every if clip.name.startswith("lj-LJ001")]
    long = [clip for clip in every if clip.seconds >= LONG_ENOUGH_S]
    return [*([_joined("chapter", chapter)] if chapter else []), *long]


def joined(shuffles: int = 1) -> list[Recording]:
    found = []
    for seed in range(1, shuffles + 1):
        order = clips()
        random.Random(seed).shuffle(order)
        found.append(_joined(f"joined-{seed}", order))
    return found


SETS: dict[str, Callable[[], list[Recording]]] = {
    "clips": clips,
    "short": short,
    "natural": natural,
    "joined": joined,
}


def write(recordings: Sequence[Recording], folder: Path) -> list[Path]:
    """The recordings as WAV files, `name.wav`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for recording in recordings:
        path = folder / f"{recording.name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(recording.pcm)
        paths.append(path)
    return paths


def seconds(recordings: Sequence[Recording]) -> float:
    return sum(recording.seconds for recording in recordings)


def _joined(name: str, parts: Sequence[Recording]) -> Recording:
    pcm = bytearray()
    starts = []
    for part in parts:
        starts.append(len(pcm) / 2 / RATE_HZ)
        pcm += part.pcm + PAUSE
    return Recording(name, bytes(pcm), " ".join(part.text for part in parts), tuple(starts))


def _decode(path: Path) -> bytes:
    raw = ["-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1"]
    source = [*(raw if path.suffix == ".raw" else []), "-i", str(path)]
    done = subprocess.run(["ffmpeg", "-v", "error", *source, *raw, "-"], capture_output=True, check=True)
    return done.stdout
