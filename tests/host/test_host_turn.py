from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from pipeline.host.hearing.ear import Finished, Heard, HeardWord, Hypothesis, Phrase, Silence
from pipeline.host.messages import (
    EndDetected,
    ServerMessage,
    SpeechHypothesis,
    SpeechPhrase,
    StartDetected,
    TranslationResponse,
    Translations,
    TranslationV1,
    TurnEnd,
    TurnStart,
)
from pipeline.host.turn import Turn
from pipeline.host.wanted import Wanted

TALK = Wanted(mode="conversation", languages=("en-US",))
HELLO = Phrase(200, 1200, "Hello.", 0.9, "en-US", (HeardWord("Hello.", 300, 700, 0.8),))
WORLD = Phrase(1400, 2400, "World.", 0.9, "en-US")


def said(
    wanted: Wanted, *heard: Heard, end_ms: int = 3000, translations: Translations | None = None
) -> list[ServerMessage]:
    """Everything after turn.start; identifiers are counted: 1, 2, ..."""
    numbers = itertools.count(1)
    turn = Turn(wanted, lambda: str(next(numbers)))
    assert [message.path for message in turn.begin()] == ["turn.start"]
    return [message for each in heard for message in turn.hear(each, translations or Translations(), end_ms)]


def ok(number: int, phrase: Phrase, text: str | None = None) -> SpeechPhrase:
    shown = phrase.text if text is None else text
    return SpeechPhrase(str(number), "Success", phrase.start_ms, phrase.end_ms - phrase.start_ms, shown)


def test_a_turn_starts_with_its_tag() -> None:
    assert Turn(TALK, lambda: "t").begin() == [TurnStart("t")]


def test_a_conversation_says_phrases_and_ends_beyond_the_last_millisecond() -> None:
    assert said(TALK, HELLO, WORLD, Finished(), end_ms=3001) == [
        StartDetected(200),
        ok(1, HELLO),
        ok(3, WORLD),
        EndDetected(3001),
        SpeechPhrase("4", "EndOfDictation", 3001, 0),
        TurnEnd(),
    ]


def test_a_phrase_keeps_the_identifier_of_its_hypotheses() -> None:
    assert said(TALK, Hypothesis(200, 500, "hel", "en-US"), HELLO, Hypothesis(1400, 1500, "wo", "en-US")) == [
        StartDetected(200),
        SpeechHypothesis("1", "hel", 200, 300),
        ok(1, HELLO),
        SpeechHypothesis("3", "wo", 1400, 100),
    ]


ONCE = replace(TALK, mode="interactive")


def test_an_interactive_turn_ends_with_its_first_phrase() -> None:
    assert said(ONCE, HELLO, WORLD, Finished()) == [StartDetected(200), EndDetected(1200), ok(1, HELLO), TurnEnd()]


@pytest.mark.parametrize("heard", [[Silence(5000)], [Silence(2000), Silence(5000), HELLO], [Finished()]])
def test_an_interactive_turn_in_which_nobody_speaks_ends_with_a_timeout(heard: list[Heard]) -> None:
    silence = SpeechPhrase("1", "InitialSilenceTimeout", 0, 5000)
    assert said(ONCE, *heard, end_ms=5000) == [EndDetected(5000), silence, TurnEnd()]


def test_the_client_says_how_long_silence_at_the_start_may_be() -> None:
    assert said(replace(ONCE, initial_silence_ms=9000), Silence(8999)) == []
    assert len(said(replace(ONCE, initial_silence_ms=9000), Silence(9000))) == 3


def test_long_silence_is_answered_so_that_the_client_may_forget_its_audio() -> None:
    heard = [
        Silence(10_000),
        Silence(20_000),
        replace(HELLO, start_ms=25_000, end_ms=30_000),
        Silence(44_000),
        Silence(46_000),
    ]
    answers = [message for message in said(TALK, *heard) if isinstance(message, SpeechPhrase)]
    assert [(answer.status, answer.offset_ms, answer.duration_ms) for answer in answers] == [
        ("InitialSilenceTimeout", 0, 20_000),
        ("Success", 25_000, 5_000),
        ("NoMatch", 30_000, 16_000),
    ]


def test_a_phrase_without_text_is_silence() -> None:
    assert said(TALK, replace(HELLO, text=" ")) == []


def test_a_fault_of_the_ear_is_an_error_phrase() -> None:
    assert said(TALK, HELLO, Finished("out of memory"))[-2:] == [SpeechPhrase("3", "Error", 1200, 0), TurnEnd()]


def test_nothing_follows_the_end_of_a_turn() -> None:
    assert said(TALK, Finished(), HELLO, Finished()) == said(TALK, Finished())


def test_languages_and_speakers_are_told_when_asked_for() -> None:
    phrase = replace(HELLO, speaker="Guest-2")
    (_, plain) = said(TALK, phrase)
    (_, asked) = said(replace(TALK, identify=True, diarize=True), phrase)
    assert isinstance(plain, SpeechPhrase) and (plain.language, plain.speaker) == (None, None)
    assert isinstance(asked, SpeechPhrase) and (asked.language, asked.speaker) == ("en-US", "Guest-2")


def test_translations_travel_in_the_form_of_the_dialled_version() -> None:
    texts = Translations({"de": "Hallo."})
    v2, v1 = replace(TALK, targets=("de",)), replace(TALK, targets=("de",), translation_v1=True)
    assert said(v2, HELLO, translations=texts)[1:] == [TranslationResponse(ok(1, HELLO), texts)]
    assert said(v1, HELLO, translations=texts)[1:] == [TranslationV1(ok(1, HELLO), texts)]


def test_only_words_on_which_hypotheses_agree_are_stable() -> None:
    guesses = ["a", "a b", "a b x", "a b c", "a b c d"]
    heard = [Hypothesis(0, 100, text, "en-US") for text in guesses]
    shown = [
        message.text for message in said(replace(TALK, stable_after=2), *heard) if isinstance(message, SpeechHypothesis)
    ]
    assert shown == ["a", "a b", "a b", "a b c"]


def test_a_detailed_phrase_carries_its_words() -> None:
    (_, message) = said(replace(TALK, detailed=True, word_times=True), HELLO)
    assert isinstance(message, SpeechPhrase) and message.best is not None
    assert [word.body("Word") for word in message.best.words] == [
        {"Word": "hello", "Offset": 3_000_000, "Duration": 4_000_000, "Confidence": 0.8}
    ]
    (_, without) = said(replace(TALK, detailed=True), HELLO)
    assert isinstance(without, SpeechPhrase) and without.best is not None and without.best.words == ()
