from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from recordings import CORPUS, SAMPLES, make, samples, source, write_wav

from pipeline.audio import voice, wav
from pipeline.audio.convert import convert
from pipeline.audio.split import Cut, cut, cuts, split
from pipeline.config.schema import AudioSettings, SplitSettings
from pipeline.values import Chunk, Clip

RATE = wav.SAMPLE_RATE_HZ
EVERY_20_S = SplitSettings(longer_than="10s", target="20s")


def clip_of(path: Path, data: npt.NDArray[np.int16]) -> Clip:
    write_wav(path, data)
    return Clip(path, wav.duration_ms(len(data) * 2))


def spoken(tmp_path: Path, name: str = "weather.wav") -> npt.NDArray[np.int16]:
    return samples(convert(source(SAMPLES / name), AudioSettings(), tmp_path / "spoken").clips[0].path)


def monologue(tmp_path: Path, seconds: int, pause_ms: int) -> npt.NDArray[np.int16]:
    """Speech without an end: its pauses are of the given length and of digital silence."""
    words = spoken(tmp_path)[RATE // 2 : -RATE // 2]
    loud = words[np.abs(words.astype(np.int32)) > 200]
    stretch = np.concatenate([loud[: 4 * RATE], np.zeros(pause_ms * RATE // 1000, np.int16)])
    return np.resize(stretch, seconds * RATE)


def hum(seconds: float, loudness: int = 3_000) -> npt.NDArray[np.int16]:
    return (loudness * np.sin(np.arange(int(seconds * RATE)) * 2 * np.pi * 150 / RATE)).astype(np.int16)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (SplitSettings(longer_than=0, target="5s"), 1),
        (SplitSettings(longer_than="1m", target="5s"), 1),
        (SplitSettings(longer_than="59s", target="30s"), 2),
        (SplitSettings(longer_than="10s", target="20s"), 3),
        (SplitSettings(longer_than="10s", target="50s"), 1),
        (SplitSettings(longer_than="10s", target=0), 1),
    ],
)
def test_a_clip_is_cut_only_where_the_settings_ask_for_it(tmp_path: Path, settings: SplitSettings, count: int):
    clip = clip_of(tmp_path / "clip.wav", monologue(tmp_path, 60, 600))

    chunks = split(clip, settings)

    assert len(chunks) == count
    assert chunks[0].start_ms == 0
    assert chunks[-1].end_ms == clip.duration_ms
    assert all(a.end_ms == b.start_ms for a, b in pairwise(chunks))
    assert chunks == split(clip, settings)


def test_cuts_lie_in_the_middle_of_pauses(tmp_path: Path):
    data = np.concatenate([hum(19), np.zeros(RATE, np.int16), hum(21), np.zeros(RATE // 2, np.int16), hum(18.5)])

    found = cuts(clip_of(tmp_path / "clip.wav", data), EVERY_20_S)

    assert found == (Cut(19_500), Cut(41_250))


def test_a_longer_pause_farther_off_is_better_than_a_short_one_near(tmp_path: Path):
    short, long = np.zeros(int(0.35 * RATE), np.int16), np.zeros(RATE, np.int16)
    data = np.concatenate([hum(16), long, hum(3), short, hum(20)])

    assert cuts(clip_of(tmp_path / "clip.wav", data), EVERY_20_S) == (Cut(16_500),)


def test_chunks_are_near_the_target(tmp_path: Path):
    clip = clip_of(tmp_path / "clip.wav", monologue(tmp_path, 600, 500))

    lengths = [chunk.duration_ms for chunk in split(clip, EVERY_20_S)]

    assert len(lengths) == 30
    assert min(lengths) >= 10_000
    assert max(lengths) <= 30_000


@pytest.mark.skipif(not voice.available(), reason="the detector has no wheel for this processor")
def test_pauses_between_words_are_found_under_a_hum(tmp_path: Path):
    talk = np.resize(np.concatenate([spoken(tmp_path), np.zeros(RATE // 2, np.int16)]), 60 * RATE)
    heard = (talk // 2 + hum(60, 2_000)).astype(np.int16)

    found = cuts(clip_of(tmp_path / "clip.wav", heard), EVERY_20_S)

    quiet = [np.abs(talk[(c.at_ms - 40) * 16 : (c.at_ms + 40) * 16].astype(np.int32)).max() for c in found]
    assert [c.silent for c in found] == [True, True]
    assert max(quiet) < 400


def test_endless_speech_is_cut_at_the_quietest_moment_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    voices = monologue(tmp_path, 60, 0)
    soft = slice(int(20.95 * RATE), int(21.05 * RATE))
    voices[soft] = voices[soft] // 10
    clip = clip_of(tmp_path / "clip.wav", voices)

    chunks = split(clip, EVERY_20_S)

    assert chunks[0].end_ms == pytest.approx(21_000, abs=60)
    assert "no pause near" in caplog.text


def test_a_silent_recording_is_cut_at_the_target(tmp_path: Path):
    clip = clip_of(tmp_path / "clip.wav", np.zeros(60 * RATE, np.int16))

    assert cuts(clip, EVERY_20_S) == (Cut(20_000), Cut(40_000))


def test_the_pieces_together_are_the_clip(tmp_path: Path):
    clip = clip_of(tmp_path / "clip.wav", monologue(tmp_path, 61, 400)[:-7])

    pieces = [cut(chunk, tmp_path / "pieces") for chunk in split(clip, EVERY_20_S)]

    assert len(pieces) == 3
    assert np.array_equal(np.concatenate([samples(piece) for piece in pieces]), samples(clip.path))


def test_the_piece_that_is_the_whole_clip_is_not_copied(tmp_path: Path):
    clip = clip_of(tmp_path / "clip.wav", hum(2))

    assert cut(Chunk(clip, 0, clip.duration_ms), tmp_path / "pieces") == clip.path
    assert not (tmp_path / "pieces").exists()


def test_the_interview_is_cut_between_the_sentences(tmp_path: Path):
    clip = convert(source(SAMPLES / "interview.ogg"), AudioSettings(), tmp_path).clips[0]

    found = cuts(clip, SplitSettings(longer_than="30s", target="12s"))

    loudness = voice.levels(clip.path)
    assert len(found) == 5
    assert all(c.silent for c in found)
    assert all(loudness.between(c.at_ms - 150, c.at_ms + 150).max() < -50 for c in found)


@pytest.mark.corpus
@pytest.mark.skipif(not (CORPUS / "manifest.json").exists(), reason="no speech corpus")
def test_no_word_of_real_speech_is_cut(tmp_path: Path):
    data, words = joined_real_speech(tmp_path, seconds=600)
    clip = clip_of(tmp_path / "clip.wav", data)

    found = cuts(clip, SplitSettings(longer_than="10s", target="20s"))

    assert len(found) == round(clip.duration_ms / 20_000) - 1
    # The reference's own word edges are no better than a few hundredths of a second.
    split_words = [word for word in words for c in found if word[0] + 30 < c.at_ms < word[1] - 30]
    assert split_words == []


def joined_real_speech(tmp_path: Path, seconds: int) -> tuple[npt.NDArray[np.int16], list[tuple[int, int, str]]]:
    """Recordings with known word times, joined in a fixed random order with pauses of up to 0.6 s."""
    timed = [item for item in json.loads((CORPUS / "manifest.json").read_text()) if item.get("word_times")]
    chance = random.Random(1)
    heard = {
        item["id"]: samples(make(tmp_path / f"{n}.wav", "-i", str(CORPUS / item["file"]), "-ac", "1", "-ar", "16000"))
        for n, item in enumerate(timed)
    }
    parts, words, at_ms = [], [], 0
    while at_ms < seconds * 1_000:
        item = chance.choice(timed)
        part = heard[item["id"]]
        part = part[: len(part) // 16 * 16]
        pause = np.zeros(chance.randrange(0, 600) * 16, np.int16)
        words += [(at_ms + round(a * 1000), at_ms + round(b * 1000), text) for text, a, b in item["word_times"]]
        parts += [part, pause]
        at_ms += (len(part) + len(pause)) // 16
    return np.concatenate(parts), words
