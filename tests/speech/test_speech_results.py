"""The service's JSON becomes a Segment; ticks become milliseconds."""

from __future__ import annotations

import json
from typing import Any

from pipeline.speech.results import segment
from pipeline.values import Segment, Word

MS = 10_000


def detailed(offset_ms: int, **more: Any) -> dict[str, Any]:
    return {
        "RecognitionStatus": "Success",
        "Offset": offset_ms * MS,
        "Duration": 900 * MS,
        "DisplayText": "It is 5.",
        "NBest": [
            {
                "Confidence": 0.8,
                "Lexical": "it is five",
                "Display": "It is 5.",
                "Words": [
                    {"Word": "it", "Offset": offset_ms * MS, "Duration": 200 * MS, "Confidence": 0.7},
                    {"Word": "is", "Offset": (offset_ms + 200) * MS, "Duration": 100 * MS, "Confidence": 0.8},
                    {"Word": "five", "Offset": (offset_ms + 300) * MS, "Duration": 600 * MS, "Confidence": 0.9},
                ],
                **more,
            }
        ],
    }


def test_a_detailed_result_gives_words_with_times_and_confidences() -> None:
    raw = json.dumps(detailed(1_000))
    assert segment(raw, 1_000 * MS, 900 * MS, text="It is 5.", language="en-US") == Segment(
        start_ms=1_000,
        end_ms=1_900,
        text="It is 5.",
        lexical="it is five",
        confidence=0.8,
        language="en-US",
        words=(Word("it", 1_000, 1_200, 0.7), Word("is", 1_200, 1_300, 0.8), Word("five", 1_300, 1_900, 0.9)),
    )


def test_display_words_are_preferred_and_keep_the_confidences_of_their_lexical_twins() -> None:
    display = [
        {"DisplayText": text, "Offset": (1_000 + at) * MS, "Duration": 100 * MS}
        for text, at in (("It", 0), ("is", 200), ("5.", 300))
    ]
    found = segment(json.dumps(detailed(1_000, DisplayWords=display)), 1_000 * MS, 900 * MS, text="", language=None)
    assert [(word.text, word.confidence) for word in found.words] == [("It", 0.7), ("is", 0.8), ("5.", 0.9)]


def test_fewer_display_words_than_lexical_ones_have_no_confidence_rather_than_a_wrong_one() -> None:
    display = [
        {"DisplayText": "It's", "Offset": 0, "Duration": 300 * MS},
        {"DisplayText": "5.", "Offset": 0, "Duration": 0},
    ]
    found = segment(json.dumps(detailed(0, DisplayWords=display)), 0, 900 * MS, text="", language=None)
    assert [word.confidence for word in found.words] == [None, None]


def test_words_of_a_translation_are_moved_to_where_the_sdk_says_the_phrase_is() -> None:
    # After a reconnect the SDK rebases result.offset, not the JSON.
    raw = json.dumps({"SpeechPhrase": detailed(1_000), "TranslationStatus": "Success", "Translations": []})
    found = segment(raw, 61_000 * MS, 900 * MS, text="It is 5.", language="en-US")
    assert [word.start_ms for word in found.words] == [61_000, 61_200, 61_300]


def test_a_target_without_text_is_marked_with_the_reason_and_never_silently_empty() -> None:
    raw = json.dumps({"SpeechPhrase": detailed(0), "TranslationStatus": "Error", "FailureReason": "no engine"})
    found = segment(raw, 0, 1, text="x", language="en", translations={"de": "", "fr": "trois"}, targets=("de", "fr"))
    assert found.translations == {"fr": "trois"}
    assert found.untranslated == {"de": "no engine"}


def test_the_language_found_is_taken_from_the_json_where_the_sdk_does_not_tell() -> None:
    raw = json.dumps({**detailed(0), "PrimaryLanguage": {"Language": "de-DE", "Confidence": "High"}})
    assert segment(raw, 0, 1, text="x", language=None).language == "de-DE"


def test_broken_json_still_gives_the_text_and_times_the_sdk_has() -> None:
    assert segment("{", 20_000, 10_000, text="x", language="en") == Segment(2, 3, "x", language="en")
