from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from recordings import SAMPLES, make, samples, source, write_wav

from pipeline.audio import voice, wav
from pipeline.audio.convert import convert
from pipeline.config.schema import AudioSettings

RATE = wav.SAMPLE_RATE_HZ
needs_detector = pytest.mark.skipif(not voice.available(), reason="the detector has no wheel for this processor")


def spoken(tmp_path: Path) -> npt.NDArray[np.int16]:
    return samples(convert(source(SAMPLES / "weather.wav"), AudioSettings(), tmp_path).clips[0].path)


def silence(seconds: float) -> npt.NDArray[np.int16]:
    return np.zeros(int(seconds * RATE), np.int16)


def test_loudness_is_in_whole_decibels_for_every_hundredth_of_a_second(tmp_path: Path):
    square = np.resize(np.repeat(np.array([3_277, -3_277], np.int16), 20), RATE)
    path = write_wav(tmp_path / "clip.wav", np.concatenate([silence(0.5), square[: RATE // 2], silence(0.005)]))

    loudness = voice.levels(path)

    assert loudness.dbfs.tolist() == [-96] * 50 + [-20] * 50
    assert loudness.duration_ms == 1_000


@needs_detector
def test_speech_is_found_where_it_is(tmp_path: Path):
    talk = spoken(tmp_path)
    path = write_wav(tmp_path / "clip.wav", np.concatenate([silence(5), talk, silence(10), talk, silence(3)]))
    length_ms = len(talk) // 16

    regions = voice.speech_regions(path)

    speech_ms = sum(end - start for start, end in regions)
    assert speech_ms == pytest.approx(2 * length_ms, rel=0.2)
    for start, end in regions:
        inside_first = start >= 5_000 and end <= 5_000 + length_ms + 200
        inside_second = 15_000 + length_ms <= start and end <= 15_200 + 2 * length_ms
        assert inside_first or inside_second


@needs_detector
@pytest.mark.parametrize(
    "sound",
    [
        "anoisesrc=color=white:amplitude=0.1",
        "anoisesrc=color=pink:amplitude=0.3",
        "anoisesrc=color=brown:amplitude=0.5",
        "sine=frequency=50,volume=0.5",
        "sine=frequency=440:beep_factor=4",
        "aevalsrc='0.2*sin(2*PI*350*t)+0.2*sin(2*PI*440*t)'",
        "aevalsrc='0.5*sin(2*PI*(200+1800*mod(t,5)/5)*t)'",
        "aevalsrc='0.4*exp(-5*mod(t,0.5))*sin(2*PI*262*pow(2,floor(mod(t*2,8))/12)*t)'",
        "anoisesrc=color=pink:amplitude=0.5,tremolo=f=4:d=0.9",
    ],
)
def test_noise_tones_and_melodies_are_not_called_speech(tmp_path: Path, sound: str):
    path = make(tmp_path / "clip.wav", "-f", "lavfi", "-i", sound, "-t", "20", "-ar", "16000", "-ac", "1")

    assert voice.speech_regions(path) == []


@needs_detector
def test_speech_is_heard_through_noise(tmp_path: Path):
    talk = spoken(tmp_path).astype(np.int32)
    noise = np.random.default_rng(3).normal(0, np.sqrt(np.mean(talk**2)) / 3, len(talk))
    path = write_wav(tmp_path / "clip.wav", np.clip(talk + noise, -32_768, 32_767).astype(np.int16))

    assert sum(end - start for start, end in voice.speech_regions(path)) > 0.6 * len(talk) / 16


@needs_detector
def test_only_what_no_text_accounts_for_is_shown_to_the_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    talk = spoken(tmp_path)
    path = write_wav(tmp_path / "clip.wav", np.concatenate([talk, silence(2), talk]))
    length_ms = len(talk) // 16
    shown: list[voice.Stretch] = []
    detect = voice.detect
    monkeypatch.setattr(voice, "detect", lambda clip, stretches: shown.extend(stretches) or detect(clip, stretches))

    regions = voice.speech_regions(path, covered=[(300, 2_000), (0, length_ms)])

    assert shown == [(length_ms, 2 * length_ms + 2_000)]
    # What text accounts for counts from its first audible moment to its last.
    assert regions[0][0] < 600
    assert length_ms - 900 < regions[0][1] <= length_ms
    assert all(start >= length_ms + 2_000 for start, _ in regions[1:])
    assert len(regions) > 1


def test_text_over_silence_is_no_speech(tmp_path: Path):
    path = write_wav(tmp_path / "clip.wav", silence(10))

    assert voice.speech_regions(path, covered=[(1_000, 9_000)]) == []


def test_without_the_detector_nothing_is_claimed_but_what_text_covers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(voice, "available", lambda: False)
    path = write_wav(tmp_path / "clip.wav", spoken(tmp_path))

    assert voice.speech_regions(path) == []
    assert voice.speech_regions(path, covered=[(1_000, 1_500)]) == [(1_000, 1_500)]


def test_the_loudness_of_ten_hours_takes_little_memory_and_time(tmp_path: Path):
    path = tmp_path / "long.wav"
    # A sparse file: ten hours of silence that take no disk.
    data_bytes = 10 * 3_600 * RATE * 2
    path.write_bytes(wav.header(data_bytes))
    os.truncate(path, wav.HEADER_BYTES + data_bytes)
    program = (
        "import re, sys, time; from pathlib import Path\n"
        "from pipeline.audio import voice\n"
        "loudness = voice.levels(Path(sys.argv[1]))\n"
        "peak = re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())\n"
        "print(loudness.duration_ms, int(peak[1]) // 1024)\n"
    )

    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, timeout=120)

    duration_ms, rss_mb = map(int, done.stdout.split())
    assert duration_ms == 36_000_000
    assert rss_mb < 100


def test_a_clip_of_more_than_four_gigabytes_is_read_to_its_end(tmp_path: Path):
    path = tmp_path / "huge.wav"
    data_bytes = 5 << 30
    path.write_bytes(wav.header(data_bytes))
    with path.open("r+b") as stream:
        stream.truncate(wav.HEADER_BYTES + data_bytes)
        stream.seek(-4, os.SEEK_END)
        stream.write(b"\x01\x00\x02\x00")
    length_ms = wav.duration_ms(data_bytes)

    last = b"".join(wav.blocks(path, length_ms - 1))

    assert wav.header(data_bytes)[40:44] == b"\xff\xff\xff\xff"
    assert last[-4:] == b"\x01\x00\x02\x00"
