"""The real model on speech that is made here, and on the corpus where there is one."""

from __future__ import annotations

import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import Listener, Speak, decoded, listen

from pipeline.host import models
from pipeline.host.hearing.ear import Finished, Heard, Hypothesis, Phrase, Request, Silence
from pipeline.host.hearing.network import Network, Sound
from pipeline.host.hearing.whisper import WhisperEar

ENGLISH = Request(languages=("en-US",))
TRAIN = "The train to London leaves at nine. Please be at the station ten minutes early."
QUESTION = "Is there anything else you would like to know?"


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * 16_000), dtype=np.int16)


def phrases(listener: Listener) -> list[Phrase]:
    return listener.finals_when_done()


def test_speech_becomes_phrases_with_words_in_order(ear: WhisperEar, speak: Speak) -> None:
    found = phrases(listen(ear, np.concatenate([speak(TRAIN), silence(1), speak(QUESTION)]), ENGLISH))
    text = " ".join(phrase.text for phrase in found).lower()
    assert "train to london" in text
    assert text.endswith("would like to know?")
    words = [word for phrase in found for word in phrase.words]
    assert all(early.end_ms <= late.start_ms for early, late in pairwise(words))
    assert all(word.start_ms < word.end_ms and 0 <= word.confidence <= 1 for word in words)
    assert all(phrase.text == " ".join(word.text for word in phrase.words) for phrase in found)
    assert {phrase.language for phrase in found} == {"en-US"}


def test_words_begin_where_the_voice_begins(ear: WhisperEar, speak: Speak) -> None:
    spoken = speak(QUESTION)
    found = phrases(listen(ear, np.concatenate([silence(3), spoken, silence(2)]), ENGLISH))
    onset_ms = 3000 + int(np.argmax(np.abs(spoken.astype(np.int32)) > 500)) // 16
    assert abs(found[0].words[0].start_ms - onset_ms) <= 200
    assert found[-1].end_ms <= 3000 + len(spoken) // 16 + 100


def test_the_same_audio_says_the_same_whatever_the_blocks(ear: WhisperEar, speak: Speak) -> None:
    pcm = np.concatenate([speak(TRAIN), silence(0.8), speak(QUESTION), silence(0.3), speak(TRAIN)])
    heard = [phrases(listen(ear, pcm, ENGLISH, block)) for block in (160, 1601, 16_000, len(pcm))]
    assert heard[0] and all(one == heard[0] for one in heard)


def test_sessions_at_once_say_what_each_says_alone(ear: WhisperEar, speak: Speak) -> None:
    sounds = [speak(TRAIN), speak(QUESTION), np.concatenate([speak(QUESTION), silence(1), speak(TRAIN)])]
    alone = [phrases(listen(ear, pcm, ENGLISH)) for pcm in sounds]
    together = [listen(ear, pcm, ENGLISH) for pcm in sounds * 3]
    assert [phrases(listener) for listener in together] == alone * 3


def test_silence_is_told_regularly_and_has_no_text(ear: WhisperEar) -> None:
    heard = listen(ear, silence(35), ENGLISH).wait()
    assert [type(one) for one in heard] == [Silence, Silence, Silence, Finished]
    ends = [one.end_ms for one in heard if isinstance(one, Silence)]
    assert all(abs(end - due) < 1000 for end, due in zip(ends, (10_000, 20_000, 30_000), strict=True))


@pytest.mark.parametrize("samples", [0, 1, 511, 4096])
def test_hardly_any_audio_is_finished_without_a_word(ear: WhisperEar, samples: int) -> None:
    assert listen(ear, np.zeros(samples, dtype=np.int16), ENGLISH).wait() == [Finished()]


def test_noise_is_not_put_into_words(ear: WhisperEar) -> None:
    noise = np.random.default_rng(1).normal(0, 1500, 16_000 * 20).astype(np.int16)
    assert phrases(listen(ear, noise, ENGLISH)) == []


def test_text_is_final_within_ten_seconds_of_audio_after_it_is_said(ear: WhisperEar, speak: Speak) -> None:
    """Fed without an end, so that only the audio that has come can close a window."""
    talk = np.concatenate([speak(TRAIN), silence(0.2), speak(QUESTION), silence(0.2)] * 2)
    due_ms = len(talk) // 16 - 10_000
    expected = [phrase for phrase in phrases(listen(ear, talk, ENGLISH)) if phrase.end_ms <= due_ms]
    listener = Listener()
    hearing = ear.open(ENGLISH, listener)
    hearing.feed(talk)
    give_up_at = time.monotonic() + 30
    while len(finals := listener.finals()) < len(expected) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    hearing.cancel()
    assert expected and finals[: len(expected)] == expected


def test_a_cancelled_hearing_says_nothing_more(ear: WhisperEar, speak: Speak) -> None:
    listener = Listener()
    hearing = ear.open(ENGLISH, listener)
    hearing.feed(speak(TRAIN))
    hearing.cancel()
    said = len(listener.heard)
    hearing.feed(speak(TRAIN))
    hearing.end()
    phrases(listen(ear, speak(QUESTION), ENGLISH))
    assert listener.heard[said:] == []


def test_guesses_are_said_only_when_they_are_wanted(ear: WhisperEar, speak: Speak) -> None:
    wanted = listen(ear, speak(QUESTION), ENGLISH).wait()
    unwanted = listen(ear, speak(QUESTION), Request(("en-US",), hypotheses=False)).wait()
    assert any(isinstance(one, Hypothesis) for one in wanted)
    assert not any(isinstance(one, Hypothesis) for one in unwanted)


def test_a_shorter_end_silence_cuts_sooner(ear: WhisperEar, speak: Speak) -> None:
    pcm = np.concatenate([speak(QUESTION), silence(1.2), speak(QUESTION)])
    assert len(phrases(listen(ear, pcm, Request(("en-US",), end_silence_ms=300)))) == 2


def test_a_fault_in_the_recogniser_ends_that_hearing_only(ear: WhisperEar, speak: Speak) -> None:
    listener = Listener()
    broken = ear.open(ENGLISH, listener)
    broken.feed(np.zeros((4096, 2), dtype=np.int16))  # not mono: the network refuses its shape
    broken.end()
    finished = listener.wait()[-1]
    assert isinstance(finished, Finished) and finished.error
    assert phrases(listen(ear, speak(QUESTION), ENGLISH))


@pytest.mark.parametrize(("model", "encoded_s"), [("base", 15.0), ("tiny.en", 20.0)])
def test_a_narrow_network_is_given_more_silence_after_a_sound(model: str, encoded_s: float) -> None:
    folder = models.locate(model)
    if folder is None:
        pytest.skip(f"model {model} is not fetched: speech-pipeline model fetch {model}")
    network = Network.load(folder, workers=1)
    assert Sound(silence(9.5), (), ("en",), pad_s=network.pad_s).length_s == encoded_s


def test_a_listener_that_fails_harms_no_other(ear: WhisperEar, speak: Speak) -> None:
    def deaf(heard: Heard) -> None:
        raise OSError("the client is gone")

    for _ in range(4):
        hearing = ear.open(ENGLISH, deaf)
        hearing.feed(speak(QUESTION))
        hearing.end()
    assert phrases(listen(ear, speak(QUESTION), ENGLISH))


def test_heard_audio_is_not_kept(ear: WhisperEar, speak: Speak) -> None:
    listener = Listener()
    hearing = ear.open(ENGLISH, listener)
    hearing.feed(speak(QUESTION))
    tracemalloc.start()
    for _ in range(3):
        hearing.feed(silence(60))
    hearing.end()
    listener.wait()
    give_up_at = time.monotonic() + 10  # the worker that said the end is still on its way out
    while (kept_bytes := tracemalloc.get_traced_memory()[0]) > 1_000_000 and time.monotonic() < give_up_at:
        time.sleep(0.05)
    tracemalloc.stop()
    assert kept_bytes <= 1_000_000  # of 5.8 MB


def test_an_unknown_language_is_refused(ear: WhisperEar) -> None:
    assert ear.supports("de-DE") and ear.supports("nb-NO") and not ear.supports("tlh")
    with pytest.raises(ValueError, match="tlh"):
        ear.open(Request(("tlh",)), lambda heard: None)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("file", "language", "word"),
    [("leopard_test_de.wav", "de-DE", "portal"), ("leopard_test_fr.wav", "fr-FR", "conservateur")],
)
@pytest.mark.parametrize("continuously", [False, True])
def test_the_language_is_found_among_those_asked_for(
    ear: WhisperEar, corpus: Path, file: str, language: str, word: str, continuously: bool
) -> None:
    request = Request(("en-US", "de-DE", "fr-FR"), identify_continuously=continuously)
    found = phrases(listen(ear, decoded(corpus / "audio/picovoice" / file), request))
    assert {phrase.language for phrase in found} == {language}
    assert word in " ".join(phrase.text for phrase in found).lower()


@pytest.mark.corpus
def test_speech_is_translated_to_english_beside_its_text(ear: WhisperEar, corpus: Path) -> None:
    request = Request(("es-ES",), translate_to_english=True)
    found = phrases(listen(ear, decoded(corpus / "audio/picovoice/leopard_test_es.wav"), request))
    assert found and all(phrase.english for phrase in found)
    assert "white" in " ".join(phrase.english or "" for phrase in found).lower()
