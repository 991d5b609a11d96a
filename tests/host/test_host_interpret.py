"""Which pairs a refusal names."""

from __future__ import annotations

import pytest

from pipeline.host.hearing.scripted import ScriptedEar
from pipeline.host.interpret import untranslatable
from pipeline.host.translating.scripted import ScriptedTranslator


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
