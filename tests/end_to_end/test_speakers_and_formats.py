"""Speakers, channels and compressed recordings through the real command, up to the files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sdk_client import noise

from pipeline.errors import GStreamerMissing
from pipeline.speech.compressed import check_gstreamer

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
SCRIPTED = ("--set", "service.ear=scripted", "--progress", "none")


def transcribe(*arguments: str | Path, expected: int = 0) -> str:
    command = [sys.executable, "-m", "pipeline", "transcribe", *map(str, arguments), *SCRIPTED]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ})
    assert ended.returncode == expected, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def transcript(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return content


@pytest.fixture
def two_channels(tmp_path: Path) -> Path:
    """One speaks for two seconds, then the other; the first once more."""
    silence = np.zeros(16_000 * 2, np.int16)
    left = np.concatenate([noise(2.0, seed=1), silence, noise(2.0, seed=2)])
    right = np.concatenate([silence, noise(2.0, seed=3), silence])
    with wave.open(str(tmp_path / "call.wav"), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(np.stack([left, right], axis=1).tobytes())
    return tmp_path / "call.wav"


def test_channels_are_recognised_apart_and_merged_on_one_clock(two_channels: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--set", "audio.channels=separate", "--format", "json", "--format", "txt", "--format", "vtt")
    transcribe(two_channels, "-o", out, *options)
    found = transcript(out, "call")
    segments = found["segments"]
    assert [(s["channel"], s["speaker"], s["words"][0]["start_ms"]) for s in segments] == [
        (0, "Channel 1", 50),
        (1, "Channel 2", 2050),
        (0, "Channel 1", 5050),
    ]
    assert [s["start_ms"] for s in segments] == sorted(s["start_ms"] for s in segments)
    assert (found["source"]["channels"], len({session["id"] for session in found["sessions"]})) == (2, 2)
    assert (out / "call.txt").read_text().startswith("Channel 1: ")
    assert "<v Channel 2>" in (out / "call.vtt").read_text()


def test_mixed_channels_have_no_speakers(two_channels: Path, tmp_path: Path) -> None:
    transcribe(two_channels, "-o", tmp_path / "out")
    found = transcript(tmp_path / "out", "call")
    assert {(s["channel"], s["speaker"]) for s in found["segments"]} == {(0, None)}


def test_speakers_are_told_apart_over_a_whole_recording(tmp_path: Path) -> None:
    """Never cut: the names of speakers hold within a session only."""
    split = ("--set", "audio.split.longer_than=20s", "--set", "audio.split.target=10s")
    transcribe(SAMPLES / "interview.ogg", "-o", tmp_path, "--set", "recognition.diarization=true", *split)
    found = transcript(tmp_path, "interview")
    assert {s["speaker"] for s in found["segments"]} == {"Guest-1", "Guest-2"}
    assert len(found["sessions"]) == 1


def test_without_its_model_speakers_cannot_be_told_apart_and_the_run_says_what_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH_PIPELINE_MODELS", str(tmp_path / "no-models"))
    asked = ("--set", "recognition.diarization=true", "--set", "service.ear=whisper")
    command = [sys.executable, "-m", "pipeline", "transcribe", SAMPLES / "weather.wav", "-o", tmp_path / "out", *asked]
    ended = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 3
    assert "telling speakers apart needs the model voices" in ended.stdout + ended.stderr
    assert "run: speech-pipeline model fetch voices" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "de", "--set", "recognition.diarization=true"), "recognition.diarization: the Speech SDK cannot"),
        (("--set", "recognition.diarization=true", "--set", "recognition.mode=single_shot"), "mode: continuous"),
        (("--set", "audio.input=compressed", "--set", "audio.channels=separate"), "separate needs audio.input: wav"),
    ],
)
def test_what_the_sdk_cannot_do_at_once_is_a_fault_of_the_config(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    assert words in transcribe(SAMPLES / "weather.wav", "-o", tmp_path / "out", *arguments, expected=2)


def test_a_compressed_recording_gives_a_transcript_like_any_other(tmp_path: Path) -> None:
    try:
        check_gstreamer()
    except GStreamerMissing:
        pytest.skip("GStreamer is not installed")
    late = SAMPLES / "video" / "late sound.mp4"
    transcribe(late, "-o", tmp_path / "wav")
    transcribe(late, "-o", tmp_path / "compressed", "--set", "audio.input=compressed")
    plain, compressed = (transcript(tmp_path / name, "late sound") for name in ("wav", "compressed"))

    assert list(plain) == list(compressed)
    assert set(plain["segments"][0]) == set(compressed["segments"][0])
    assert {key: plain["source"][key] for key in ("path", "sha256", "codec", "channels", "has_video")} == {
        key: compressed["source"][key] for key in ("path", "sha256", "codec", "channels", "has_video")
    }
    # The sound begins two seconds after the picture, and a codec's first frame may be padding.
    starts = [found["segments"][0]["words"][0]["start_ms"] for found in (plain, compressed)]
    assert abs(starts[0] - starts[1]) <= 550
    assert starts[1] >= 1900
    assert (plain["coverage"] is None, compressed["coverage"]) == (False, None)

    (entry,) = json.loads((tmp_path / "compressed" / "manifest.json").read_text())["files"]
    assert (entry["status"], entry["coverage"], "compressed" in entry["unproved"]) == ("done", None, True)
    assert not list((tmp_path / "compressed").rglob("*.wav"))
