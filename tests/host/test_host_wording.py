from __future__ import annotations

import pytest

from pipeline.host import dictation, profanity, wording
from pipeline.host.hearing.ear import HeardWord, Phrase
from pipeline.host.wanted import Wanted


@pytest.mark.parametrize(
    ("text", "language", "how", "expected"),
    [
        ("What the fuck, man?", "en-US", "masked", "What the ****, man?"),
        ("What the fuck, man?", "en-US", "removed", "What the, man?"),
        ("What the fuck, man?", "en-US", "raw", "What the fuck, man?"),
        ("Shit happens.", "en-US", "removed", "Happens."),
        ("That is bullshit.", "en-GB", "removed", "That is."),
        ("Shitake mushrooms.", "en-US", "masked", "Shitake mushrooms."),
        ("So eine Scheiße!", "de-DE", "masked", "So eine *******!"),
        ("So eine Scheiße!", "en-US", "masked", "So eine Scheiße!"),
        ("Fuck.", "en", "removed", ""),
    ],
)
def test_profanity_is_masked_removed_or_left(text: str, language: str, how: str, expected: str) -> None:
    assert profanity.clean(text, language, how) == expected


@pytest.mark.parametrize(
    ("spoken", "language", "expected"),
    [
        ("hello comma how are you question mark", "en-US", "hello, how are you?"),
        ("Dear Ann, comma new line thank you period", "en-US", "Dear Ann,\nThank you."),
        ("one full stop two new paragraph three", "en-GB", "one. Two\n\nThree"),
        ("hallo Komma wie geht es Fragezeichen gut", "de-DE", "hallo, wie geht es? Gut"),
        ("bonjour virgule ça va point d'interrogation", "fr-FR", "bonjour, ça va?"),
        ("hola coma qué tal punto", "es-ES", "hola, qué tal."),
        ("comma comes first", "en-US", "comma comes first"),
        ("hello comma", "ja-JP", "hello comma"),
    ],
)
def test_spoken_marks_become_marks(spoken: str, language: str, expected: str) -> None:
    assert dictation.join(dictation.punctuate(spoken.split(), language)) == expected


def phrase(text: str) -> Phrase:
    words = tuple(HeardWord(word, at * 100, at * 100 + 80, 0.9) for at, word in enumerate(text.split()))
    return Phrase(0, 1000, text, 0.9, "en-US", words, english=text)


def test_the_words_of_a_dictated_phrase_are_the_words_of_its_text() -> None:
    heard = wording.as_wanted(phrase("well comma yes question mark"), Wanted("dictation", ("en-US",)))
    assert heard.text == "well, yes?"
    assert [(word.text, word.start_ms, word.end_ms) for word in heard.words] == [("well,", 0, 180), ("yes?", 200, 480)]


@pytest.mark.parametrize(
    ("how", "lexical", "display", "words"),
    [
        ("masked", "what the ****", "What the ****?", ["what", "the", "****"]),
        ("removed", "what the", "What the?", ["what", "the"]),
        ("raw", "what the fuck", "What the fuck?", ["what", "the", "fuck"]),
    ],
)
def test_profanity_is_treated_in_every_form_of_a_result(how: str, lexical: str, display: str, words: list[str]) -> None:
    wanted = Wanted("conversation", ("en-US",), detailed=True, word_times=True, profanity=how)
    heard = wording.as_wanted(phrase("What the fuck?"), wanted)
    best = wording.best(heard, wanted)
    assert (best.lexical, best.display, heard.english) == (lexical, display, display)
    assert [word.text for word in best.words] == words


@pytest.mark.parametrize(
    ("text", "lexical"),
    [
        ('"Don\'t," she said – twice.', "don't she said twice"),
        ("It costs $20.50, or 5%!", "it costs $20.50 or 5%"),
        ("Größe: 10 €", "größe 10 €"),
        ("...", ""),
    ],
)
def test_lexical_text_is_bare_words(text: str, lexical: str) -> None:
    assert wording.lexical(text) == lexical
