"""Texts in pieces, and together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.host.translating.sentences import fitting, joined, split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("   ", []),
        ("One.", ["One."]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('He said "Go." Then he went.', ['He said "Go."', "Then he went."]),
        ("Mr. Smith met Dr. Jones. They spoke.", ["Mr. Smith met Dr. Jones.", "They spoke."]),
        ("J. S. Bach lived here.", ["J. S. Bach lived here."]),
        ("Am 3. Mai war es so weit. Es regnete.", ["Am 3. Mai war es so weit.", "Es regnete."]),
        ("Pi is 3.14, e.g. here.", ["Pi is 3.14, e.g. here."]),
        ("Wait… what?", ["Wait…", "what?"]),
        ("今日は。いい天気ですね！", ["今日は。", "いい天気ですね！"]),
        ("「はい。」と言った。", ["「はい。」", "と言った。"]),
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@given(st.text(alphabet='aB1. !?,。「」"\n', max_size=60))
def test_no_letter_is_lost_by_cutting(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("sentence", "most", "parts"),
    [
        ("short", 10, ["short"]),
        ("first half, second half", 15, ["first half,", "second half"]),
        ("a b, c d e f g h i j k", 12, ["a b,", "c d e f", "g h i j k"]),
        ("no commas but spaces here", 16, ["no commas", "but spaces here"]),
        ("x" * 20, 10, ["x" * 10, "x" * 10]),
    ],
)
def test_a_sentence_too_long_is_halved_at_the_best_place(sentence: str, most: int, parts: list[str]) -> None:
    assert fitting(sentence, lambda part: len(part) <= most) == parts


@given(st.text(alphabet="ab, ;", max_size=80), st.integers(1, 20))
def test_every_part_fits_and_no_letter_is_lost(sentence: str, most: int) -> None:
    parts = fitting(sentence, lambda part: len(part) <= most)
    assert all(len(part) <= max(most, 1) for part in parts)
    assert "".join("".join(parts).split()) == "".join(sentence.split())


@pytest.mark.parametrize(
    ("language", "text"), [("de", "Eins. Zwei."), ("zh-Hans", "Eins.Zwei."), ("ja-JP", "Eins.Zwei.")]
)
def test_sentences_are_joined_as_their_language_writes(language: str, text: str) -> None:
    assert joined(["Eins. ", "", "Zwei."], language) == text
