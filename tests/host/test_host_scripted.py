from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.host.hearing.ear import Finished, Heard, Hypothesis, Phrase, Request, Silence
from pipeline.host.hearing.scripted import ScriptedEar
from pipeline.host.hearing.vocabulary import WORDS
from pipeline.host.interpret import interpret, untranslatable, wants_english
from pipeline.host.messages import Translations
from pipeline.host.translating.scripted import ScriptedTranslator
from pipeline.host.wanted import Wanted

NOISE = (np.random.default_rng(1).normal(size=16_000 * 12) * 3000).astype(np.int16)
PLAIN = Request(languages=("en-US",), hypotheses=False)


def heard(pcm: np.ndarray, request: Request = PLAIN, cuts: tuple[int, ...] = ()) -> list[Heard]:
    said: list[Heard] = []
    hearing = ScriptedEar().open(request, said.append)
    for piece in np.split(pcm, np.cumsum(cuts)):
        hearing.feed(piece)
    hearing.end()
    return said


def texts(pcm: np.ndarray) -> list[str]:
    return [each.text for each in heard(pcm) if isinstance(each, Phrase)]


def test_the_words_of_all_languages_are_aligned() -> None:
    assert {language: len(words) for language, words in WORDS.items()} == {"en": 64, "de": 64, "fr": 64, "es": 64}
    assert len(set(WORDS["en"])) == 64


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 40_000), max_size=12))
def test_what_is_heard_does_not_depend_on_how_the_audio_was_cut(cuts: list[int]) -> None:
    assert heard(NOISE, cuts=tuple(cuts)) == heard(NOISE)


def test_audio_sent_again_from_the_end_of_a_phrase_gives_the_same_phrases() -> None:
    assert texts(NOISE)[1:] == texts(NOISE[5 * 16_000 :])


@pytest.mark.parametrize(
    "damaged",
    [
        np.delete(NOISE, slice(1600, 3200)),
        np.insert(NOISE, 1600, NOISE[:1600]),
        np.concatenate((NOISE[8000:16_000], NOISE[:8000], NOISE[16_000:])),
        np.concatenate((NOISE[:100], [np.int16(5)], NOISE[101:])).astype(np.int16),
    ],
    ids=["lost", "repeated", "reordered", "one sample changed"],
)
def test_damage_on_the_way_changes_the_words(damaged: np.ndarray) -> None:
    assert texts(damaged)[0] != texts(NOISE)[0]


def test_phrases_cover_the_audio_without_a_gap_and_silence_is_silence() -> None:
    audio = np.concatenate((NOISE[: 7 * 16_000], np.zeros(12 * 16_000, np.int16), NOISE[: 16_000 + 3200]))
    said = heard(audio)
    assert [(type(each).__name__, getattr(each, "start_ms", None), getattr(each, "end_ms", None)) for each in said] == [
        ("Phrase", 0, 5000),
        ("Phrase", 5000, 10_000),
        ("Silence", None, 15_000),
        ("Phrase", 15_000, 20_000),
        ("Phrase", 20_000, 20_200),
        ("Finished", None, None),
    ][: len(said)]  # fmt: skip
    assert isinstance(said[-1], Finished)


def test_words_have_times_within_their_half_second() -> None:
    phrase = heard(NOISE)[1]
    assert isinstance(phrase, Phrase)
    assert [(word.start_ms, word.end_ms) for word in phrase.words[:2]] == [(5050, 5450), (5550, 5950)]
    assert phrase.text == " ".join(word.text for word in phrase.words)


def test_hypotheses_grow_towards_their_phrase() -> None:
    said = heard(NOISE[: 5 * 16_000], Request(languages=("en-US",)))
    guesses = [each.text for each in said if isinstance(each, Hypothesis)]
    (final,) = (each.text for each in said if isinstance(each, Phrase))
    assert len(guesses) == 2
    assert all(final.lower().startswith(guess) for guess in guesses)


def test_nothing_is_said_after_cancel() -> None:
    said: list[Heard] = []
    hearing = ScriptedEar().open(PLAIN, said.append)
    hearing.cancel()
    hearing.feed(NOISE)
    hearing.end()
    assert said == []


def test_silence_alone_is_silence() -> None:
    assert heard(np.zeros(16_000 * 6, np.int16)) == [Silence(5000), Silence(6000), Finished()]


PHRASE = Phrase(0, 1000, "Brot Wasser.", 0.9, "de-DE", english="Bread water.")
TALK = Wanted("conversation", ("de-DE",))


def wanting(*targets: str) -> Wanted:
    return Wanted("conversation", ("de-DE",), targets=targets)


def test_targets_come_from_the_translator_the_ear_or_the_text_itself() -> None:
    translator = ScriptedTranslator()
    assert interpret(PHRASE, wanting("fr", "en", "de"), translator).texts == {
        "fr": "Pain eau.", "en": "Bread water.", "de": "Brot Wasser.",
    }  # fmt: skip
    assert interpret(PHRASE, wanting("en"), None).texts == {"en": "Bread water."}


def test_a_target_that_cannot_be_reached_is_a_failure_with_its_reason() -> None:
    assert interpret(PHRASE, wanting("en", "fr"), None) == Translations(
        {"en": "Bread water."}, {"fr": "no translation from de-DE to fr"}
    )
    assert interpret(PHRASE, wanting("en"), None, frozenset({"en"})).failures == {"en": "translation failed (fault)"}


def test_a_guess_without_a_translation_is_no_failure() -> None:
    assert interpret(Hypothesis(0, 1, "brot", "de-DE"), wanting("en"), None) == Translations()


def test_which_pairs_are_on_offer() -> None:
    ear, translator = ScriptedEar(), ScriptedTranslator()
    assert untranslatable(("de-DE",), ("en", "fr", "de"), ear, translator) == ""
    assert untranslatable(("de-DE",), ("en",), ear, None) == ""
    assert untranslatable(("de-DE",), ("fr",), ear, None) == (
        "translation from de-DE to fr is not supported; pairs: any-en"
    )


@pytest.mark.parametrize(
    ("targets", "translator", "expected"),
    [
        (("en",), None, True),
        (("fr",), None, True),
        (("fr",), ScriptedTranslator(), False),
        (("de",), None, False),
        ((), None, False),
    ],
)
def test_the_ear_translates_only_what_needs_its_english(
    targets: tuple[str, ...], translator: ScriptedTranslator | None, expected: bool
) -> None:
    assert wants_english(wanting(*targets), translator) == expected
