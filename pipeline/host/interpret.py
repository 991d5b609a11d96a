"""Which text answers each target language of a phrase?"""

from __future__ import annotations

from pipeline.host import profanity
from pipeline.host.hearing.ear import Ear, Hypothesis, Phrase
from pipeline.host.languages import primary
from pipeline.host.messages import Translations
from pipeline.host.translating.translator import ROUGH, TranslationFailed, Translator
from pipeline.host.wanted import Wanted


def interpret(
    heard: Phrase | Hypothesis, wanted: Wanted, translator: Translator | None, broken: frozenset[str] = frozenset()
) -> Translations:
    """Every target's text, or why there is none. Blocks as long as the translator does.

    `broken` are targets that a fault rule fails on purpose; `*` is all of them.
    """
    texts: dict[str, str] = {}
    failures: dict[str, str] = {}
    for target in wanted.targets:
        try:
            if target in broken or "*" in broken:
                raise TranslationFailed("translation failed (fault)")
            text = _one(heard, target, translator)
            texts[target] = profanity.clean(text, target, wanted.profanity)
        except TranslationFailed as failed:
            failures[target] = failed.reason
    # A guess has no English of the ear's: what it lacks is not a failure, the phrase will have it.
    return Translations(texts, failures if isinstance(heard, Phrase) else {})


def _one(heard: Phrase | Hypothesis, target: str, translator: Translator | None) -> str:
    if primary(target) == primary(heard.language):
        return heard.text
    english = heard.english if isinstance(heard, Phrase) else None
    # The ear's own English is better than a rough engine's, and worse than a model's.
    if primary(target) == "en" and english is not None and not _trusted(translator, heard.language, target):
        return english
    if translator is not None and translator.supports(heard.language, target):
        return translator.translate([heard.text], heard.language, target)[0]
    # From a language that the ear can put into English, and from there by the translator.
    if english is not None and translator is not None and translator.supports("en", target):
        return translator.translate([english], "en", target)[0]
    raise TranslationFailed(f"no translation from {heard.language} to {target}")


def untranslatable(sources: tuple[str, ...], targets: tuple[str, ...], ear: Ear, translator: Translator | None) -> str:
    """Why these targets cannot be served for any of the sources; empty: they can."""
    for target in targets:
        if not any(_offered(source, target, ear, translator) for source in sources):
            pairs = _pairs(sources, ear, translator)
            return f"translation from {', '.join(sources)} to {target} is not supported; {pairs}"
    return ""


def _offered(source: str, target: str, ear: Ear, translator: Translator | None) -> bool:
    if primary(source) == primary(target):
        return True
    by_ear = ear.translates_to_english and (primary(target) == "en" or _supports(translator, "en", target))
    return by_ear or _supports(translator, source, target)


def _supports(translator: Translator | None, source: str, target: str) -> bool:
    return translator is not None and translator.supports(source, target)


def _trusted(translator: Translator | None, source: str, target: str) -> bool:
    """Whether a pair is on offer that is not called rough."""
    return translator is not None and any(
        primary(source) in offer.sources and primary(target) in offer.targets and not offer.quality.startswith(ROUGH)
        for offer in translator.offers()
    )


def _pairs(sources: tuple[str, ...], ear: Ear, translator: Translator | None) -> str:
    """Those from the languages in question first: there is room for 123 bytes."""
    known = translator.pairs() if translator else ()
    asked = {primary(source) for source in sources}
    pairs = [f"{source}-{target}" for source, target in sorted(known, key=lambda pair: pair[0] not in asked)]
    if ear.translates_to_english:
        pairs.insert(0, "any-en")
    return f"pairs: {' '.join(pairs)}" if pairs else "no pairs are on offer"


def wants_english(wanted: Wanted, translator: Translator | None) -> bool:
    """Whether the ear itself shall translate: to English, or because a target is reached only from English."""
    return any(
        primary(source) not in ("en", primary(target))
        and not (_trusted if primary(target) == "en" else _supports)(translator, source, target)
        for source in wanted.languages
        for target in wanted.targets
    )
