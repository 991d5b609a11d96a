"""Are speakers told apart?"""

from __future__ import annotations

import io
import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import decoded, listen

from pipeline.host import models
from pipeline.host.hearing import voices
from pipeline.host.hearing.ear import Phrase, Request
from pipeline.host.hearing.voices import MOST_VOICES, Stretch, VoicePrints, Voices
from pipeline.host.hearing.whisper import WhisperEar
from pipeline.host.hearing.words import TimedWord
from pipeline.host.model_table import VOICES

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
HOST_SAYS = ("Good evening", "Our guest", "How did", "Were you", "What does", "Today", "Do you miss", "Then we")
TOGETHER = Request(("en-US",), diarize=True, hypotheses=False)

fetched = models.locate(VOICES) is not None
needs_voices = pytest.mark.skipif(
    not fetched, reason=f"model voices is not fetched: speech-pipeline model fetch {VOICES}"
)


@pytest.fixture(scope="module")
def prints() -> VoicePrints:
    folder = models.locate(VOICES)
    assert folder is not None
    return VoicePrints(folder)


def stretch(*numbers: float, seconds: float = 2.0) -> Stretch:
    vector = np.array(numbers, np.float32)
    return Stretch(1, vector / np.linalg.norm(vector), seconds)


def word(text: str, start_ms: int, end_ms: int) -> TimedWord:
    return TimedWord(text, start_ms, end_ms, 1.0)


def test_voices_are_numbered_as_they_come_and_known_again() -> None:
    known = Voices()
    said = [stretch(1, 0, 0), stretch(0, 1, 0), stretch(0.9, 0.1, 0), stretch(0, 0, 1), stretch(0.1, 0.9, 0.1)]
    assert [known.name(one) for one in said] == ["Guest-1", "Guest-2", "Guest-1", "Guest-3", "Guest-2"]


def test_a_short_word_is_the_nearest_voices_and_makes_none_of_its_own() -> None:
    known = Voices()
    assert known.name(stretch(1, 0, 0)) == "Guest-1"
    assert known.name(stretch(0, 1, 0)) == "Guest-2"
    assert known.name(stretch(0.3, 0.5, 1, seconds=0.4)) == "Guest-2"
    assert known.name(stretch(0.3, 0.5, 1, seconds=2)) == "Guest-3"


def test_there_are_no_more_voices_than_the_service_names() -> None:
    known = Voices()
    names = {known.name(stretch(*np.eye(MOST_VOICES + 5)[at])) for at in range(MOST_VOICES + 5)}
    assert len(names) == MOST_VOICES


@pytest.mark.parametrize(
    ("pause_ms", "before_ms", "after_ms", "parts"),
    [(400, 1200, 1200, 2), (100, 1200, 1200, 1), (400, 300, 1200, 1), (400, 1200, 300, 1)],
)
def test_a_sentence_may_change_its_speaker_at_a_pause_between_long_parts(
    pause_ms: int, before_ms: int, after_ms: int, parts: int
) -> None:
    second = before_ms + pause_ms
    sentence = [word(" It's like", 0, before_ms), word(" ladies", second, second + after_ms)]
    assert len(voices._at_pauses(sentence)) == parts


def test_a_checkpoint_that_names_a_program_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.system, ("touch " + str(tmp_path / "was-here"),)

    stream = io.BytesIO()
    for part in (voices._MAGIC, voices._PROTOCOL, {}, Evil(), []):
        pickle.dump(part, stream, protocol=2)
    (tmp_path / voices.WEIGHTS).write_bytes(stream.getvalue())
    with pytest.raises(pickle.UnpicklingError, match="has no business in a checkpoint"):
        VoicePrints(tmp_path)
    assert not (tmp_path / "was-here").exists()


@needs_voices
def test_one_voice_is_alike_and_two_are_not(prints: VoicePrints, speak: Any) -> None:
    texts = ("The ship left the harbour early.", "Nobody had seen the keeper since the morning.")
    first, again = prints.prints([speak(text) for text in texts])
    (other,) = prints.prints([decoded(SAMPLES / "languages" / "bonjour.ogg")])
    assert float(first @ again) > 0.75
    assert float(first @ other) < voices.SAME


@needs_voices
def test_loudness_and_length_do_not_change_a_voice(prints: VoicePrints, speak: Any) -> None:
    whole = speak("Nobody had seen the keeper since the morning of the storm.")
    alike, quiet, short, none = prints.prints([whole, whole // 20, whole[: 16 * 700], whole[:10]])
    assert float(alike @ quiet) > 0.9
    assert float(alike @ short) > voices.SAME
    assert np.isfinite(none).all()
    assert prints.prints([]) == []


@needs_voices
@pytest.mark.parametrize("block", [1600, 16_000 * 100])
def test_two_voices_of_a_conversation_are_told_apart_however_the_audio_comes(ear: WhisperEar, block: int) -> None:
    phrases = listen(ear, decoded(SAMPLES / "interview.ogg"), TOGETHER, block).finals_when_done()
    by_host = {phrase.speaker for phrase in phrases if phrase.text.startswith(HOST_SAYS)}
    by_guest = {phrase.speaker for phrase in phrases if not phrase.text.startswith(HOST_SAYS)}
    assert (by_host, by_guest) == ({"Guest-1"}, {"Guest-2"})
    assert ear.diarizes


@needs_voices
def test_a_conversation_that_is_taken_up_again_knows_its_voices(ear: WhisperEar) -> None:
    pcm = decoded(SAMPLES / "interview.ogg")
    together = Request(("en-US",), diarize=True, hypotheses=False, speaker_session="5f2c")
    listen(ear, pcm[: 16_000 * 13], together).wait()
    guest = listen(ear, pcm[16_000 * 17 : 16_000 * 28], together).finals_when_done()
    assert {phrase.speaker for phrase in guest} == {"Guest-2"}
    alone = listen(ear, pcm[16_000 * 17 : 16_000 * 28], TOGETHER).finals_when_done()
    assert {phrase.speaker for phrase in alone} == {"Guest-1"}


@needs_voices
def test_real_speakers_are_told_apart_word_by_word(ear: WhisperEar, corpus: Path) -> None:
    items = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))
    listed = items if isinstance(items, list) else items["items"]
    item = next(item for item in listed if item["id"] == "pv-diarization")
    phrases = listen(ear, decoded(corpus / item["file"]), TOGETHER).finals_when_done()
    said = [(text, phrase.speaker) for phrase in phrases for text in _plain(phrase)]
    numbered = [(text, f"Guest-{speaker}") for text, speaker in item["word_speakers"]]
    assert said == numbered


def test_nobody_is_named_where_nobody_asked(ear: WhisperEar, speak: Any) -> None:
    phrases = listen(ear, speak("Good morning to all of you."), Request(("en-US",))).finals_when_done()
    assert [phrase.speaker for phrase in phrases] == [None]


def _plain(phrase: Phrase) -> list[str]:
    return [
        "".join(letter for letter in text if letter.isalpha() or letter == "'") for text in phrase.text.lower().split()
    ]
