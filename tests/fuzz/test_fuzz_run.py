"""A folder of damaged recordings through the real command: each is done or failed with its reason, and the run ends."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from runs import recordings, scratch_files, transcribe
from test_fuzz_audio import mutated, originals

SUFFIXES = (".wav", ".mp3", ".mp4", ".ogg", ".mkv")


@pytest.mark.parametrize("count", [60, pytest.param(2_000, marks=pytest.mark.slow)])
def test_a_run_over_damaged_recordings_ends_with_an_outcome_for_each(tmp_path: Path, count: int) -> None:
    chance = random.Random(4)
    (tmp_path / "made").mkdir()
    whole = originals(tmp_path / "made")
    inbox = recordings(tmp_path / "inbox", 3)
    for number in range(count):
        name = f"damaged {number:04}{chance.choice(SUFFIXES)}"
        (inbox / name).write_bytes(mutated(chance.choice(whole), chance))
    ended = transcribe(inbox, tmp_path / "out", timeout_s=60 + count * 3)
    assert ended.code == 1, ended.out[-2000:] + ended.err[-2000:]
    found = Counter(entry["status"] for entry in ended.entries.values())
    assert set(found) == {"done", "failed"}
    assert sum(found.values()) == count + 3
    assert min(found.values()) > count // 20, found
    codes = Counter(entry["error"]["code"] for entry in ended.entries.values() if entry["error"])
    assert not [code for code in codes if not code.startswith(("audio-", "no-audio-stream"))], codes
    assert all((tmp_path / "out" / f"f0{number}.srt").exists() for number in range(3))
    assert scratch_files(tmp_path / "out") == []
    again = transcribe(inbox, tmp_path / "out", "--no-retry-failed")
    assert again.code == 0
    assert {entry["reason"] for entry in again.entries.values()} == {"unchanged", "failed-before"}
