"""Who translates, and which pairs a refusal names."""

from __future__ import annotations

import pytest

from pipeline.host.hearing.ear import Phrase
from pipeline.host.hearing.scripted import ScriptedEar
from pipeline.host.interpret import interpret, untranslatable, wants_english
from pipeline.host.translating.scripted import ScriptedTranslator
from pipeline.host.translating.translator import Offer
from pipeline.host.wanted import Wanted


@pytest.mark.parametrize(
    ("sources", "first"),
    [
        (("en-US",), "pairs: any-en en-de en-es en-fr de-en"),
        (("fr-FR",), "pairs: any-en fr-de fr-en fr-es de-en"),
        (("es-ES", "de-DE"), "pairs: any-en de-en de-es de-fr es-de es-en es-fr en-de"),
    ],
)
def test_a_refusal_names_the_pairs_of_the_language_in_question_first(sources: tuple[str, ...], first: str) -> None:
    said = untranslatable(sources, ("ja",), ScriptedEar(), ScriptedTranslator())
    assert said.startswith(f"translation from {', '.join(sources)} to ja is not supported; {first}")


class Model(ScriptedTranslator):
    """The same words, called by another name."""

    def __init__(self, quality: str):
        self._quality = quality

    def offers(self) -> tuple[Offer, ...]:
        return (Offer(("de",), ("en",), "model", self._quality),)


@pytest.mark.parametrize(
    ("quality", "english", "ear_is_asked"),
    [
        ("neural", "Bread water.", False),
        ("rough", "The ear's own.", True),
        ("rough, by way of es", "The ear's own.", True),
    ],
)
def test_a_model_is_trusted_more_than_the_ear_and_a_rough_engine_less(
    quality: str, english: str, ear_is_asked: bool
) -> None:
    phrase = Phrase(0, 1000, "Brot Wasser.", 0.9, "de-DE", english="The ear's own.")
    wanted = Wanted("conversation", ("de-DE",), targets=("en",))
    assert interpret(phrase, wanted, Model(quality)).texts == {"en": english}
    assert wants_english(wanted, Model(quality)) == ear_is_asked
