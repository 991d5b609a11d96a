"""How do spoken punctuation marks ("comma", "new line") become marks?

Dictation mode only. Works on words, so that the words of a result and its display text stay the same words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.host.languages import primary

_SPOKEN: dict[str, dict[str, str]] = {
    "en": {
        "comma": ",",
        "period": ".",
        "full stop": ".",
        "question mark": "?",
        "exclamation mark": "!",
        "exclamation point": "!",
        "colon": ":",
        "semicolon": ";",
        "new line": "\n",
        "newline": "\n",
        "new paragraph": "\n\n",
    },
    "de": {
        "komma": ",",
        "punkt": ".",
        "fragezeichen": "?",
        "ausrufezeichen": "!",
        "doppelpunkt": ":",
        "semikolon": ";",
        "strichpunkt": ";",
        "neue zeile": "\n",
        "neuer absatz": "\n\n",
    },
    "fr": {
        "virgule": ",",
        "point": ".",
        "point d'interrogation": "?",
        "point d'exclamation": "!",
        "deux points": ":",
        "point virgule": ";",
        "à la ligne": "\n",
        "nouvelle ligne": "\n",
        "nouveau paragraphe": "\n\n",
    },
    "es": {
        "coma": ",",
        "punto": ".",
        "signo de interrogación": "?",
        "signo de exclamación": "!",
        "dos puntos": ":",
        "punto y coma": ";",
        "nueva línea": "\n",
        "nuevo párrafo": "\n\n",
    },
}
_LONGEST = 3
_EDGES = re.compile(r"^\W+|\W+$")
_CLOSING = re.compile(r"[.,;:!?…]+$")


@dataclass(frozen=True, slots=True)
class Written:
    """A word as it is written, and the first and last of the spoken words it stands for."""

    text: str
    first: int
    last: int


def punctuate(words: Sequence[str], language: str) -> list[Written]:
    """Words with the spoken marks joined to the word before them; a mark with no word before it stays a word."""
    marks = _SPOKEN.get(primary(language), {})
    written: list[Written] = []
    capital = False
    at = 0
    while at < len(words):
        mark, count = _mark_at(words, at, marks)
        if mark and written:
            before = written[-1]
            text = (before.text if "\n" in mark else _CLOSING.sub("", before.text)) + mark
            written[-1] = Written(text, before.first, at + count - 1)
            capital = mark not in {",", ";", ":"}
        else:
            word = words[at]
            written.append(Written(word[:1].upper() + word[1:] if capital else word, at, at))
            capital, count = False, 1
        at += count
    return written


def join(written: Sequence[Written]) -> str:
    """The text of the words; a new line is not followed by a space."""
    return re.sub(r"(\n) ", r"\1", " ".join(word.text for word in written))


def _mark_at(words: Sequence[str], at: int, marks: dict[str, str]) -> tuple[str, int]:
    for count in range(min(_LONGEST, len(words) - at), 0, -1):
        spoken = " ".join(_EDGES.sub("", word).lower() for word in words[at : at + count])
        if spoken in marks:
            return marks[spoken], count
    return "", 1
