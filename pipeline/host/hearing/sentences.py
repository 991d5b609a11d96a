"""Where does a sentence end?"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.host.hearing.words import TimedWord

ENDS = frozenset(".?!。？！…؟।")
CLOSERS = "\"'”’»)]」』"
_SHORTENED = """
mr mrs ms dr prof st jr sr vs etc no vol fig al approx dept est inc ltd co corp i.e e.g a.m p.m u.s u.k
z.b d.h bzw usw ca nr str hr fr sra srta dra
"""
ABBREVIATIONS = frozenset(_SHORTENED.split())


def ends_sentence(word: str, following: str | None) -> bool:
    """Whether a sentence ends after `word`; `following` is the next word, None at the end of what was heard."""
    bare = word.strip().rstrip(CLOSERS)
    if not bare or bare[-1] not in ENDS:
        return False
    if bare[-1] != "." or following is None:
        return not bare.endswith("...") or following is None or _may_begin(following)
    return not _is_abbreviation(bare) and _may_begin(following)


def split(words: Sequence[TimedWord]) -> list[list[TimedWord]]:
    """The sentences, in order; the last may have no end."""
    sentences: list[list[TimedWord]] = []
    open_words: list[TimedWord] = []
    for at, word in enumerate(words):
        open_words.append(word)
        following = words[at + 1].text if at + 1 < len(words) else None
        if ends_sentence(word.text, following):
            sentences.append(open_words)
            open_words = []
    return [*sentences, open_words] if open_words else sentences


def _is_abbreviation(bare: str) -> bool:
    stem = bare[:-1].lower()
    return stem in ABBREVIATIONS or (len(stem) == 1 and stem.isalpha())


def _may_begin(word: str) -> bool:
    first = word.strip()[:1]
    return not first.islower()
