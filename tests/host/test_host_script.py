from __future__ import annotations

import numpy as np
import pytest

from pipeline.host import strict
from pipeline.host.hearing.ear import Finished, Heard, HeardWord, Hypothesis, Phrase, Request, Silence
from pipeline.host.hearing.script import Script, ScriptEar
from pipeline.host.strict import BadFile

TWO = """
phrases:
  - {start: 1s, end: 3s, text: Hello there world now, speaker: Guest-2}
  - {start: 9s, end: 11500ms, text: Bonjour., language: fr-FR, english: Hello.}
"""


def heard(text: str, seconds: float, request: Request, piece: int = 1600) -> list[Heard]:
    said: list[Heard] = []
    hearing = ScriptEar(strict.parse(text, "s", Script)).open(request, said.append)
    samples = np.zeros(round(seconds * 16_000), np.int16)
    for at in range(0, len(samples), piece):
        hearing.feed(samples[at : at + piece])
    hearing.end()
    return said


def test_phrases_are_said_as_the_audio_passes_them() -> None:
    request = Request(("en-US", "fr-FR"), diarize=True, translate_to_english=True)
    words = tuple(
        HeardWord(word, 1000 + 500 * at, 1500 + 500 * at, 0.9)
        for at, word in enumerate(["Hello", "there", "world", "now"])
    )
    assert heard(TWO, 20, request) == [
        Hypothesis(1000, 2000, "Hello there", "en-US"),
        Phrase(1000, 3000, "Hello there world now", 0.9, "en-US", words, "Guest-2"),
        Silence(8000),
        Phrase(9000, 11500, "Bonjour.", 0.9, "fr-FR", (HeardWord("Bonjour.", 9000, 11500, 0.9),), "Guest-1", "Hello."),
        Silence(16_500),
        Finished(),
    ]


def test_a_reconnected_turn_goes_on_where_the_last_ended() -> None:
    said = heard(TWO, 10, Request(("fr-FR",), offset_ms=3000, word_times=False))
    assert [each for each in said if isinstance(each, Phrase)] == [Phrase(6000, 8500, "Bonjour.", 0.9, "fr-FR")]


def test_a_phrase_that_the_audio_cuts_off_ends_with_it() -> None:
    (phrase,) = (each for each in heard(TWO, 2, Request(("en-US",))) if isinstance(each, Phrase))
    assert (phrase.start_ms, phrase.end_ms) == (1000, 2000)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("phrases: [{start: 1s, end: 1s, text: a}]", "s: phrases.0: Value error, a phrase ends after it starts"),
        ("phrases: [{start: 1, end: 3, text: a}, {start: 2, end: 4, text: b}]",
         "s: the file: Value error, the phrase at 2000 ms starts before the one before it ends"),
        ("phrases: [{start: 1s, text: a}]", "s: phrases.0.end: Field required"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_script_is_named_with_its_place(text: str, mistake: str) -> None:
    with pytest.raises(BadFile) as bad:
        strict.parse(text, "s", Script)
    assert str(bad.value) == mistake
