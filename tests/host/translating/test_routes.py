"""From source to target by one step or two."""

from __future__ import annotations

import pytest

from pipeline.host.translating.codes import FLORES, THREE, flores, two
from pipeline.host.translating.routes import routes


def test_a_direct_step_is_taken_even_if_two_would_cost_less() -> None:
    found = routes({("en", "fr"): 9, ("en", "es"): 0, ("es", "fr"): 0})
    assert found["en", "fr"] == (("en", "fr"),)


def test_of_two_detours_the_cheaper_is_taken() -> None:
    found = routes({("en", "es"): 0, ("en", "ca"): 1, ("ca", "fr"): 0, ("es", "fr"): 0})
    assert found["en", "fr"] == (("en", "es"), ("es", "fr"))


def test_three_steps_are_too_many_and_no_route_returns_to_its_start() -> None:
    found = routes({("a", "b"): 0, ("b", "c"): 0, ("c", "d"): 0, ("b", "a"): 0})
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "a"), ("b", "c"), ("b", "d"), ("c", "d")]


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DEU", "de"),
        ("deu_Latn", "de"),
        ("zh-Hant", "zh"),
        ("arb", "ar"),
        ("nb-NO", "no"),
    ],
)
def test_every_spelling_of_a_language_has_one_code(spelling: str, code: str | None) -> None:
    assert two(spelling) == code


@pytest.mark.parametrize(
    ("language", "name"),
    [("en-US", "eng_Latn"), ("zh-Hans", "zho_Hans"), ("zh-TW", "zho_Hant"), ("nb", "nob_Latn"), ("xx", None)],
)
def test_nllb_names_language_and_script(language: str, name: str | None) -> None:
    assert flores(language) == name


def test_no_two_languages_share_a_code() -> None:
    assert len(set(FLORES.values())) == len(FLORES)
    assert len(set(THREE.values())) == len(THREE)
