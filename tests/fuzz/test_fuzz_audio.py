"""Damaged recordings of every kind: each ends as a result or as an error of ours, in time."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from recordings import SAMPLES, make, source, tone

from pipeline.audio import voice
from pipeline.audio.convert import convert, look
from pipeline.audio.split import split
from pipeline.config.schema import AudioSettings, SplitSettings
from pipeline.errors import AudioError

# Generous for a loaded machine; the point is that it ends.
LONGEST_S = 60
SMALL_CHUNKS = SplitSettings(longer_than="1s", target="1s")


def originals(folder: Path) -> list[bytes]:
    """The samples, cut to a size that makes mutations count, and formats they lack."""
    made = [
        make(folder / f"short{suffix}", *tone(1), *encoding).read_bytes()
        for suffix, encoding in {
            ".wav": ("-ar", "16000", "-ac", "1"),
            ".mp3": (),
            ".flac": (),
            ".m4a": (),
            ".ogg": ("-c:a", "libvorbis"),
            ".mkv": (),
            ".ts": (),
            ".aiff": (),
            ".wma": (),
            ".caf": ("-c:a", "adpcm_ima_qt"),
        }.items()
    ]
    return made + [path.read_bytes()[:150_000] for path in sorted(SAMPLES.rglob("*.*"))]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four kinds of harm, most of them near the header, where they do most."""
    harmed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = min(int(chance.expovariate(1 / 300)), len(harmed) - 1) if chance.random() < 0.7 else None
        at = chance.randrange(len(harmed)) if at is None else at
        kind = chance.randrange(7)
        if kind == 0:
            harmed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            harmed[at : at + 4] = chance.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0"])
        elif kind == 2:
            del harmed[chance.randrange(1, len(harmed)) :]
        elif kind == 3:
            del harmed[at : at + chance.randint(1, 2_000)]
        elif kind == 4:
            harmed[at:at] = chance.randbytes(chance.randint(1, 2_000))
        elif kind == 5:
            harmed[at : at + 500] = chance.randbytes(500)
        else:
            other = chance.randrange(len(harmed))
            harmed[at : at + 200] = harmed[other : other + 200]
        if not harmed:
            return b"\0"
    return bytes(harmed)


@pytest.mark.parametrize("rounds", [40, pytest.param(2_000, marks=pytest.mark.slow)])
def test_a_damaged_recording_is_heard_or_refused_but_never_a_crash_or_a_hang(tmp_path: Path, rounds: int):
    chance = random.Random(20_241)
    whole = originals(tmp_path)
    names = ("x.wav", "x.mp3", "x.mp4", "x.bin", "x")
    outcomes: dict[str, int] = {}
    for number in range(rounds):
        path = tmp_path / chance.choice(names)
        path.write_bytes(mutated(chance.choice(whole), chance))
        audio = AudioSettings(channels=chance.choice(("mix", "separate")))
        into = tmp_path / "clips"
        began = time.monotonic()
        outcome = heard(path, audio, into)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        assert time.monotonic() - began < LONGEST_S, number
        for left in into.glob("*"):
            left.unlink()
        path.unlink()
    # Both ends of the scale were reached, so the mutations are neither too weak nor too strong.
    assert outcomes["heard"] > rounds // 10
    assert sum(outcomes.values()) - outcomes["heard"] > rounds // 20, outcomes


def heard(path: Path, audio: AudioSettings, into: Path) -> str:
    try:
        look(source(path), audio)
        result = convert(source(path), audio, into)
    except AudioError as error:
        assert error.message.isprintable()
        assert error.message
        return error.code
    for clip in result.clips:
        chunks = split(clip, SMALL_CHUNKS)
        assert (chunks[0].start_ms, chunks[-1].end_ms) == (0, clip.duration_ms)
        assert voice.levels(clip.path).duration_ms <= clip.duration_ms
    assert len(result.sha256) == 64
    return "heard"
