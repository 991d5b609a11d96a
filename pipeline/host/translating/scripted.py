"""Word-for-word translation of the scripted ear's vocabulary, for tests that want translations at no cost."""

from __future__ import annotations

import re

from pipeline.host.hearing.vocabulary import WORDS
from pipeline.host.languages import primary
from pipeline.host.translating.translator import ROUGH, Offer, TranslationFailed, Translator

_WORD = re.compile(r"\w+")


class ScriptedTranslator(Translator):
    name = "scripted"

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple((source, target) for source in sorted(WORDS) for target in sorted(WORDS) if source != target)

    def offers(self) -> tuple[Offer, ...]:
        known = tuple(sorted(WORDS))
        return (Offer(known, known, self.name, f"{ROUGH}: word for word"),)

    def supports(self, source: str, target: str) -> bool:
        return (primary(source), primary(target)) in self.pairs()

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        if not self.supports(source, target):
            raise TranslationFailed(f"no translation from {source} to {target}")
        known = {word.lower(): at for at, word in enumerate(WORDS[primary(source)])}
        other = WORDS[primary(target)]

        def replaced(found: re.Match[str]) -> str:
            word = found.group()
            if word.lower() not in known:
                return word
            there = other[known[word.lower()]]
            return there[:1].upper() + there[1:] if word[:1].isupper() and primary(source) != "de" else there

        return [_capital(_WORD.sub(replaced, text)) for text in texts]

    def close(self) -> None:
        pass


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
