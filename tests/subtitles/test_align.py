"""When is a display word spoken, if the service timed only the lexical words?"""

from __future__ import annotations

import pytest

from pipeline.subtitles.align import aligned
from pipeline.subtitles.numbers import bare, spoken_length
from pipeline.values import Word


def spoken(text: str) -> list[Word]:
    """Words of 100 ms a letter, 50 ms apart."""
    found, place = [], 0
    for word in text.split():
        found.append(Word(word, place, place + 100 * len(word)))
        place += 100 * len(word) + 50
    return found


def times(display: str, lexical: str) -> list[tuple[str, int, int]]:
    texts = display.split()
    return [(text, *span) for text, span in zip(texts, aligned(texts, spoken(lexical)), strict=True)]


def test_display_words_have_their_own_times() -> None:
    assert times("Ask, not!", "ask not") == [("Ask,", 0, 300), ("not!", 350, 650)]


def test_a_number_has_the_time_of_all_its_words() -> None:
    assert times("It is 1,025 km.", "it is one thousand twenty five kilometers") == [
        ("It", 0, 200),
        ("is", 250, 450),
        ("1,025", 500, 500 + 300 + 50 + 800 + 50 + 600 + 50 + 400),
        ("km.", 2800, 3800),
    ]


@pytest.mark.parametrize(
    ("display", "lexical", "starts"),
    [
        ("May 5, 1999 we left.", "may fifth nineteen ninety nine we left", ["may", "fifth", "nineteen", "we", "left"]),
        ("Dr. Smith isn't in.", "doctor smith is not in", ["doctor", "smith", "is", "in"]),
        ("That's 50% of $3.", "that's fifty percent of three dollars", ["that's", "fifty", "of", "three"]),
        ("twenty-five people", "twenty five people", ["twenty", "people"]),
        ("I'm — well — fine", "i'm well fine", ["i'm", None, "well", None, "fine"]),
    ],
)  # fmt: skip
def test_each_display_word_starts_with_its_first_lexical_word(display: str, lexical: str, starts: list[str]) -> None:
    clock = {word.text: word.start_ms for word in spoken(lexical)}
    found = times(display, lexical)
    for (text, start, _), word in zip(found, starts, strict=True):
        if word is not None:
            assert start == clock[word], text


def test_a_word_that_is_not_displayed_gives_its_time_to_nobody() -> None:
    assert times("Well fine", "um well uh fine") == [("Well", 250, 650), ("fine", 950, 1350)]


def test_characters_find_their_words_where_there_are_no_spaces() -> None:
    texts = ["東", "京", "は、", "晴", "れ。"]
    words = [Word("東京", 0, 400), Word("は", 400, 500), Word("晴れ", 900, 1300)]
    assert aligned(texts, words) == [(0, 200), (200, 400), (400, 500), (900, 1100), (1100, 1300)]


def test_words_out_of_order_never_make_time_go_back() -> None:
    words = [Word("a", 1000, 900), Word("b", 500, 1200), Word("c", 2000, 2100)]
    assert aligned(["a", "b", "c"], words) == [(1000, 1000), (1000, 1200), (2000, 2100)]


def test_text_of_marks_alone_has_the_time_of_its_words() -> None:
    assert aligned(["...", "!"], [Word("♪", 100, 300)]) == [(100, 200), (200, 300)]


def test_a_segment_of_many_thousand_words_is_aligned_in_little_memory() -> None:
    lexical = [f"word{number}" for number in range(3000)]
    display = [*lexical[:1500], "1,025", *lexical[1503:]]
    words = [Word(word, 100 * at, 100 * at + 90) for at, word in enumerate(lexical)]
    spans = aligned(display, words)
    assert (spans[1499], spans[1500], spans[-1]) == ((149_900, 149_990), (150_000, 150_290), (299_900, 299_990))


@pytest.mark.parametrize(
    ("text", "plain"), [("Café,", "café"), ("“ＡＢ”", "ab"), ("1,025", "1025"), ("—", ""), ("don't", "dont")]
)
def test_bare_words(text: str, plain: str) -> None:
    assert bare(text) == plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,025", "onethousandtwentyfive"),
        ("1999", "nineteenninetynine"),
        ("007", "zerozeroseven"),
        ("$5", "dollarsfive"),
        ("50%", "fiftypercent"),
        ("2.5", "twofive"),
        ("word!", "word"),
        ("—", ""),
        ("1000000", "onemillion"),
    ],
)
def test_spoken_length_of_numbers_and_signs(text: str, said: str) -> None:
    assert spoken_length(text) == len(said)
