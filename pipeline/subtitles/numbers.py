"""How much speech is in a display word, digits and signs included?

Only proportions matter: "1,025" takes about as long as "one thousand twenty five", in any language.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NUMBER = re.compile(r"\d+")
_GROUPED = re.compile(r"(?<=\d)[,.\u00a0\u202f'](?=\d{3}(?!\d))")
_SIGNS = {
    "%": "percent",
    "$": "dollars",
    "€": "euros",
    "£": "pounds",
    "¥": "yen",
    "&": "and",
    "+": "plus",
    "°": "degrees",
    "@": "at",
}
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))


@lru_cache(maxsize=65536)
def bare(text: str) -> str:
    """Letters and digits only, case folded, compatibility forms made plain."""
    if text.isascii() and text.isalnum():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LNM")


def spoken_length(text: str) -> int:
    """How many letters the text has when it is said aloud: 0 for a mark alone."""
    signs = sum(len(_SIGNS.get(character, "")) for character in text)
    ungrouped = _GROUPED.sub("", unicodedata.normalize("NFKC", text))
    numbers = sum(len(_said(number)) for number in _NUMBER.findall(ungrouped))
    return signs + numbers + sum(1 for character in bare(text) if not character.isdigit())


def _said(digits: str) -> str:
    if len(digits) > 12 or (digits.startswith("0") and len(digits) > 1):
        return "".join(_ONES[int(digit)] for digit in digits)
    value = int(digits)
    if 1100 <= value <= 1999 and len(digits) == 4:
        # A year: nineteen ninety nine.
        return _spelled(value // 100) + _spelled(value % 100)
    return _spelled(value)


def _spelled(value: int) -> str:
    if value < 20:
        return _ONES[value]
    for size, name in _SCALES:
        if value >= size:
            rest = value % size
            return _spelled(value // size) + name + (_spelled(rest) if rest else "")
    return _TENS[value // 10] + (_ONES[value % 10] if value % 10 else "")
