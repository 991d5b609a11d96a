"""How bad is a break after this token?

0 is a sentence end; the worst cuts a word. Good: after punctuation, at a pause, before a conjunction or a preposition.
Bad: between article and noun, number and unit, first and last name, verb and auxiliary.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.subtitles.grammar import GRAMMARS, NO_GRAMMAR
from pipeline.subtitles.numbers import bare
from pipeline.subtitles.token import Token

SENTENCE, CLAUSE, GOOD, PLAIN, BAD, CUT = 0.0, 4.0, 8.0, 14.0, 40.0, 90.0

# Japanese words tend to begin where hiragana (a particle, an ending) gives way; between Han characters, as all of
# Chinese is, nothing tells.
_BETWEEN = {
    ("hiragana", "han"): GOOD,
    ("hiragana", "katakana"): GOOD,
    ("han", "katakana"): PLAIN,
    ("katakana", "han"): PLAIN,
    ("han", "han"): PLAIN + 6,
    ("han", "hiragana"): BAD - 10,
    ("hiragana", "hiragana"): BAD,
    ("other", "other"): BAD,
}
_SENTENCE_ENDS = frozenset(".!?…。！？؟۔।॥")
_CLAUSE_ENDS = frozenset(",;:，、；：،؛—–")
_OPENING = "\"'“‘«([{（「『【《¿¡-–—♪#$€£"
_CLOSING = "\"'”’»)]}）」』】》"


def breaks(tokens: Sequence[Token], language: str) -> list[float]:
    """The cost of a break after each token, as text alone tells it."""
    grammar = GRAMMARS.get(language, NO_GRAMMAR)
    costs = [SENTENCE] * len(tokens)
    for position in range(len(tokens) - 1):
        token, after = tokens[position], tokens[position + 1]
        costs[position] = SENTENCE if token.turn != after.turn else _cost(token, after, grammar)
    return costs


def _cost(token: Token, after: Token, grammar: dict[str, frozenset[str]]) -> float:
    if not bare(after.text) and not after.text[:1].isalnum() and after.text[:1] not in _OPENING:
        return CUT
    if not after.whole:
        return _inside(token.text[-1:], after.text[:1])
    ending = token.text.rstrip(_CLOSING)[-1:]
    word, following = bare(token.text), bare(after.text)
    if ending in _SENTENCE_ENDS and not _abbreviation(token.text, word, grammar) and not after.text[:1].islower():
        return SENTENCE
    if ending in _CLAUSE_ENDS:
        return CLAUSE
    if _number_and_unit(word, after.text) or word in grammar["binds"]:
        return BAD
    if _two_names(token.text, after.text):
        return BAD - 10
    return GOOD if following in grammar["opens"] else PLAIN


def _inside(before: str, after: str) -> float:
    """The cost of a break where no space stands: by the classes of the two characters."""
    if before in _SENTENCE_ENDS:
        return SENTENCE
    if before in _CLAUSE_ENDS or before in _CLOSING:
        return CLAUSE
    classes = (_class(before), _class(after))
    return _BETWEEN.get(classes, BAD - 10 if classes[0] != classes[1] else CUT)


def _class(character: str) -> str:
    point = ord(character) if character else 0
    if 0x3040 <= point <= 0x309F:
        return "hiragana"
    if 0x30A0 <= point <= 0x30FF:
        return "katakana"
    return "han" if 0x2E80 <= point <= 0x3FFFF else "other"


def _abbreviation(text: str, word: str, grammar: dict[str, frozenset[str]]) -> bool:
    return text.endswith(".") and (
        word in grammar["titles"] or (len(word) == 1 and word.isalpha() and text[0].isupper())
    )


def _number_and_unit(word: str, following: str) -> bool:
    return (
        word[-1:].isdigit()
        and len(following.rstrip(".,;:!?")) <= 10
        and following[:1].isalpha()
        and following.islower()
    )


def _two_names(text: str, following: str) -> bool:
    return len(text) > 1 and text[0].isupper() and text[1:].islower() and following[:1].isupper()
