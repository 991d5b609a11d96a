from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.host.wanted import Wanted, dialled, wanted

V1 = "/speech/recognition/conversation/cognitiveservices/v1"
PLAIN = Wanted(mode="conversation", languages=("en-us",))


@pytest.mark.parametrize(
    ("address", "context", "expected"),
    [
        (f"{V1}?language=en-us", {"phraseDetection": {"language": "en-us"}}, PLAIN),
        (
            V1.replace("conversation", "interactive") + "?language=en-us",
            {"phraseDetection": {"language": "en-us"}},
            replace(PLAIN, mode="interactive"),
        ),
        (
            V1.replace("conversation", "dictation") + "?language=de-DE&format=detailed&wordLevelTimestamps=true",
            {},
            Wanted(mode="dictation", languages=("de-DE",), detailed=True, word_times=True),
        ),
        (f"{V1}?cid=abc", {"phraseDetection": {"language": "fr-FR"}}, replace(PLAIN, languages=("fr-FR",))),
        (f"{V1}", {}, replace(PLAIN, languages=("en-US",))),
        (
            "/stt/speech/universal/v2",
            {"phraseDetection": {"mode": "INTERACTIVE", "language": "en-us"}},
            replace(PLAIN, mode="interactive"),
        ),
        (
            "/stt/speech/universal/v2",
            {
                "phraseDetection": {
                    "mode": "DICTATION",
                    "language": "en-us",
                    "enrichment": {"profanity": "raw"},
                    "initialSilenceTimeout": 9000,
                    "DICTATION": {
                        "segmentation": {
                            "segmentationForcedTimeoutMs": 30000,
                            "segmentationSilenceTimeoutMs": 800,
                            "mode": "Custom",
                        }
                    },
                },
                "phraseOutput": {
                    "interimResults": {"stableThreshold": 3},
                    "format": "Detailed",
                    "detailed": {"options": ["WordTimings", "WordConfidence"]},
                },
            },
            Wanted(
                mode="dictation",
                languages=("en-us",),
                detailed=True,
                word_times=True,
                profanity="raw",
                initial_silence_ms=9000,
                end_silence_ms=800,
                max_phrase_ms=30000,
                stable_after=3,
            ),
        ),
        (
            f"{V1}?language=en-us&profanity=removed&initialSilenceTimeoutMs=9000&endSilenceTimeoutMs=900"
            "&stableIntermediateThreshold=2",
            {},
            replace(PLAIN, profanity="removed", initial_silence_ms=9000, end_silence_ms=900, stable_after=2),
        ),
        (
            f"{V1}?language=en-us&lidEnabled=en-US%2Cde-DE",
            {"languageId": {"languages": ["en-US", "de-DE"], "mode": "DetectContinuous"}},
            replace(PLAIN, languages=("en-US", "de-DE"), identify=True, identify_continuously=True),
        ),
        (
            "/stt/speech/universal/v2",
            {
                "phraseDetection": {"mode": "CONVERSATION", "language": "en-US"},
                "translation": {"targetLanguages": ["de", "fr"]},
            },
            replace(PLAIN, languages=("en-US",), targets=("de", "fr")),
        ),
        (
            "/speech/translation/cognitiveservices/v1?from=en-US&to=de&to=fr",
            {"translation": {"targetLanguages": ["de", "fr"]}, "synthesis": {"defaultVoices": {"de": "x"}}},
            replace(PLAIN, languages=("en-US",), targets=("de", "fr"), translation_v1=True, synthesis=True),
        ),
        (
            "/speech/universal/v2?language=en-us",
            {
                "phraseDetection": {
                    "mode": "Conversation",
                    "language": "en-us",
                    "speakerDiarization": {
                        "mode": "Anonymous",
                        "audioSessionId": "5f",
                        "audioOffsetMS": 0,
                        "diarizeIntermediates": "True",
                    },
                },
                "continuation": {"previousServiceTag": "t", "audio": {"streams": {"1": {"offset": "20000000"}}}},
            },
            replace(PLAIN, diarize=True, diarize_hypotheses=True, speaker_session="5f", offset_ms=2000),
        ),
        (
            f"{V1}?language=en-us",
            {"dgi": {"Groups": [{"Type": "Generic", "Items": [{"Text": "Contoso"}, {"Text": "Jessie"}]}]}},
            replace(PLAIN, phrases=("Contoso", "Jessie")),
        ),
        (
            f"{V1}?language=en-us&profanity=rude",
            {"phraseDetection": 7, "dgi": {"Groups": "x"}, "phraseOutput": []},
            PLAIN,
        ),
    ],
)
def test_wishes_are_read_from_the_address_and_the_context(
    address: str, context: dict[str, Any], expected: Wanted
) -> None:
    assert wanted(dialled(address), context) == expected


def test_the_address_names_languages_that_can_be_refused_at_the_upgrade() -> None:
    assert dialled(f"{V1}?language=en-us&lidEnabled=en-US%2Cde-DE").languages == ("en-US", "de-DE")
    assert dialled("/x?from=en-US&to=de&to=fr,es").targets == ("de", "fr", "es")
    assert dialled("/stt/speech/universal/v2").languages == ()
