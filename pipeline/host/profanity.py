"""Which words are profane, and what is left of them?

A small list of the project's own, per language, of words that nobody disputes. Masked: every letter becomes a star,
as the service does; removed: the word goes.
"""

from __future__ import annotations

import re

from pipeline.host.languages import primary

_WORDS: dict[str, str] = {
    "en": (
        "fuck fucks fucked fucker fuckers fucking motherfucker motherfuckers motherfucking shit shits shitty "
        "bullshit asshole assholes bitch bitches bastard bastards cunt cunts dickhead dickheads"
    ),
    "de": (
        "scheiße scheisse scheiß scheiss beschissen arschloch arschlöcher ficken fick gefickt wichser fotze "
        "hurensohn hurensöhne"
    ),
    "fr": "merde merdes putain putains connard connards connasse salope salopes enculé enculés foutre",
    "es": "mierda puta putas puto putos joder jodido jodida cabrón cabrones gilipollas coño",
    "it": "merda cazzo cazzi stronzo stronzi stronza puttana vaffanculo coglione coglioni",
    "pt": "merda puta caralho foda foder foda-se cabrão porra",
    "nl": "kut klootzak klootzakken godverdomme kutwijf",
    "pl": "kurwa kurwy chuj pierdolić spierdalaj skurwysyn",
    "ru": "блядь сука хуй пизда ебать",
}
_LISTS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_BARE = re.compile(r"^\W+|\W+$")


def is_profane(word: str, language: str) -> bool:
    """Whether one word, with or without punctuation around it, is on the list of its language."""
    known = _LISTS.get(primary(language))
    return known is not None and _BARE.sub("", word).lower() in known


def masked(word: str) -> str:
    """Stars for letters and digits; punctuation stays."""
    return re.sub(r"\w", "*", word)


def clean(text: str, language: str, how: str) -> str:
    """A text after `masked`, `removed` or `raw`; a capital lost with the first word is given to the next."""
    if how == "raw":
        return text
    words = text.split(" ")
    if not any(is_profane(word, language) for word in words):
        return text
    if how == "masked":
        return " ".join(masked(word) if is_profane(word, language) else word for word in words)
    return _removed(words, language)


def _removed(words: list[str], language: str) -> str:
    kept: list[str] = []
    capital = False
    for word in words:
        if not is_profane(word, language):
            kept.append(word[:1].upper() + word[1:] if capital else word)
            capital = False
            continue
        capital = capital or word[:1].isupper()
        closing = _closing(word)
        # What ended the removed word ends the one before it, unless that has an end of its own.
        if closing and kept and not _closing(kept[-1]):
            kept[-1] += closing
    return " ".join(kept)


def _closing(word: str) -> str:
    found = re.search(r"[.,;:!?…]+$", word)
    return found.group() if found else ""
