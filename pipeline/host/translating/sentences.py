"""What does a text look like in pieces that a translation model can take, and put together again?

Models learn from single sentences: a whole paragraph comes back shortened, and beyond a few hundred tokens broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.host.languages import primary

_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])[」』”）]*")
# After these a full stop ends no sentence; nor does it after a single capital (J. S. Bach) or a number (der 3. Mai).
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Sra|Jr|vs|etc|e\.g|i\.e|z\.B|bzw|Nr|No|vol|p|pp)|\b[A-Z]|\d)\.$"
)
_BREAKS = (re.compile(r"(?<=[;:,，、；：])\s*"), re.compile(r"\s+"), re.compile(r""))
_UNSPACED = ("zh", "ja", "th", "lo", "km", "my", "bo")


def split(text: str) -> list[str]:
    """The sentences of a text, in order, without the spaces between them."""
    sentences: list[str] = []
    start = 0
    for end in _END.finditer(text):
        sentence = text[start : end.end()].strip()
        if not sentence or _ABBREVIATED.search(sentence):
            continue
        sentences.append(sentence)
        start = end.end()
    rest = text[start:].strip()
    return [*sentences, rest] if rest else sentences


def fitting(sentence: str, fits: Callable[[str], bool]) -> list[str]:
    """The sentence, halved at the best place near its middle until every part fits."""
    if len(sentence) < 2 or fits(sentence):
        return [sentence]
    middle = len(sentence) // 2
    for kind in _BREAKS:
        places = [found.end() for found in kind.finditer(sentence) if 0 < found.start() <= found.end() < len(sentence)]
        if places:
            cut = min(places, key=lambda place: abs(place - middle))
            return [*fitting(sentence[:cut].rstrip(), fits), *fitting(sentence[cut:], fits)]
    return [sentence]


def joined(parts: list[str], language: str) -> str:
    """Translated sentences as one text of that language."""
    space = "" if primary(language) in _UNSPACED else " "
    return space.join(part.strip() for part in parts if part.strip())
