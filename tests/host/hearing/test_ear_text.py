"""Words, sentences and signs of omission, without a model."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.host.hearing.omission import Part, unheard
from pipeline.host.hearing.sentences import split
from pipeline.host.hearing.words import Piece as Spelt
from pipeline.host.hearing.words import TimedWord, settle, spell


def timed(text: str) -> list[TimedWord]:
    words = [" " + word for word in text.split()]
    return [TimedWord(word, at * 100, at * 100 + 90, 0.9) for at, word in enumerate(words)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One two. Three four? Five!", ["One two.", "Three four?", "Five!"]),
        ("Mr. Quilter is here. So are we", ["Mr. Quilter is here.", "So are we"]),
        ("printed in black letter, i.e. The Gothic.", ["printed in black letter, i.e. The Gothic."]),
        ("It costs 3.50 euros. 5 is more.", ["It costs 3.50 euros.", "5 is more."]),
        ('He said "go." Then he went.', ['He said "go."', "Then he went."]),
        ("J. R. Smith came.", ["J. R. Smith came."]),
        ("well... maybe. yes", ["well... maybe. yes"]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences_end_at_marks_that_end_them(text: str, sentences: list[str]) -> None:
    assert ["".join(word.text for word in found).strip() for found in split(timed(text))] == sentences


LETTERS = {1: b" The", 2: b" lo", 3: b"wer", 4: b"-", 5: b"case", 6: b".", 7: b" ", 8: b'"', 9: " „".encode()}
CHINESE = {1: "你".encode(), 2: "好".encode()[:2], 3: "好".encode()[2:], 4: "。".encode(), 5: "吗".encode()}


@pytest.mark.parametrize(
    ("letters", "language", "tokens", "words"),
    [
        (LETTERS, "en", [1, 2, 3, 6], [(" The", 1), (" lower.", 3)]),
        (LETTERS, "en", [2, 3, 4, 5, 6], [(" lower-case.", 5)]),
        (CHINESE, "zh", [1, 2, 3, 4, 5], [("你", 1), ("好。", 3), ("吗", 1)]),
        (LETTERS, "en", [], []),
    ],
)
def test_tokens_spell_words(
    letters: dict[int, bytes], language: str, tokens: list[int], words: list[tuple[str, int]]
) -> None:
    found = spell(tokens, lambda run: b"".join(letters[one] for one in run).decode(errors="replace"), language)
    assert found == [Spelt(*word) for word in words]


@pytest.mark.parametrize(
    ("word", "speech", "expected"),
    [
        ((100, 400), [(0, 1000)], (100, 400)),  # inside
        ((100, 900), [(500, 1000)], (500, 900)),  # begins in the pause before
        ((450, 900), [(0, 500), (700, 1000)], (700, 900)),  # the end of the last word is not this one's beginning
        ((300, 900), [(0, 500)], (300, 620)),  # ends in the pause after
        ((600, 650), [(0, 500)], (600, 650)),  # nowhere near a voice: left alone
        ((300, 1500), [(0, 700), (900, 1400)], (300, 1500)),  # spoken with a pause in it, as a number may be
    ],
)
def test_words_are_moved_out_of_the_pauses(
    word: tuple[int, int], speech: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    found = settle([TimedWord(" x", *word, 0.9)], speech)[0]
    assert (found.start_ms, found.end_ms) == expected


def test_settled_words_are_in_order_and_none_is_empty() -> None:
    found = settle([TimedWord(" x", start, end, 1.0) for start, end in ((0, 0), (50, 40), (30, 90))], [(0, 500)])
    assert all(word.start_ms < word.end_ms for word in found)
    assert all(early.end_ms <= late.start_ms for early, late in pairwise(found))


SPEECH = [(300, 1500), (1560, 2000), (2500, 2700), (3200, 4200)]


def said(*words: tuple[str, int, int]) -> list[TimedWord]:
    return [TimedWord(text, start, end, 0.9) for text, start, end in words]


@pytest.mark.parametrize(
    ("words", "language", "parts"),
    [
        # every stretch has its words
        (said((" Hello there", 300, 2000), (" everybody", 2500, 4200)), "en", []),
        # the last utterance was dropped, and a short stretch before it goes with it
        (said((" Hello there", 300, 2000)), "en", [Part(2250, 4500, ((250, 450), (950, 1950)))]),
        # the first was dropped
        (said((" everybody", 2500, 4200)), "en", [Part(0, 2250, ((300, 1500), (1560, 2000)))]),
        # one word may fill several stretches, and digits are words
        (said((" Hello there www.example.org.", 300, 4200)), "en", []),
        (said((" Hello there", 300, 2000), (" 1813.", 2500, 4200)), "en", []),
        # nothing at all was heard, twice: it is no speech
        ([], "en", []),
        # two characters a second are few letters, but enough in Chinese
        (said((" 你好吗", 300, 2000), ("好的", 2500, 4200)), "zh", []),
        (said((" 你好吗", 300, 2000)), "zh", [Part(2250, 4500, ((250, 450), (950, 1950)))]),
    ],
)
def test_parts_with_a_voice_and_no_words_are_found(words: list[TimedWord], language: str, parts: list[Part]) -> None:
    assert unheard(words, SPEECH, 4500, language) == parts


def test_a_sound_without_pauses_has_no_parts() -> None:
    assert unheard([], [(300, 1500)], 2000, "en") == []
