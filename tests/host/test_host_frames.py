from __future__ import annotations

import json

import pytest

from pipeline.host import frames, messages
from pipeline.host.frames import BadFrame
from pipeline.host.messages import (
    Audio,
    Best,
    EndDetected,
    SpeechConfig,
    SpeechContext,
    SpeechHypothesis,
    SpeechPhrase,
    StartDetected,
    Telemetry,
    TimedWord,
    TranslationResponse,
    Translations,
    TranslationV1,
    TurnEnd,
    TurnStart,
)


def test_a_text_message_of_the_sdk_is_read() -> None:
    data = 'X-Timestamp:2026-11-21T07:24:49.235Z\r\nPath:speech.context\r\nX-RequestId:4518\r\n\r\n{"a":{"b":1}}'
    assert messages.read(data) == SpeechContext("4518", {"a": {"b": 1}})


def test_a_binary_message_of_the_sdk_is_read() -> None:
    head = b"X-Timestamp:2026\r\nPath:audio\r\nContent-Type:audio/x-wav\r\nX-RequestId:45\r\nX-StreamId:1\r\n"
    data = len(head).to_bytes(2, "big") + head + b"RIFF\x00\x01"
    assert messages.read(data) == Audio("45", b"RIFF\x00\x01")


def test_header_names_have_no_case() -> None:
    assert messages.read("pATH: speech.config\r\n\r\n{}") == SpeechConfig({})


def test_what_tests_send_is_what_the_host_reads() -> None:
    assert messages.read(frames.client_text("speech.context", "7", {"x": 1})) == SpeechContext("7", {"x": 1})
    assert messages.read(frames.client_audio("7", b"abc")) == Audio("7", b"abc")


def test_messages_nobody_reads_are_telemetry() -> None:
    assert messages.read("Path:telemetry\r\n\r\nnot json") == Telemetry()
    assert messages.read("Path:something.new\r\n\r\n") == Telemetry()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("Path:speech.context", "a text message without an empty line after its headers"),
        ("speech.context\r\n\r\n{}", "a header without a colon: 'speech.context'"),
        ("Path:speech.config\r\n\r\n[1]", "speech.config is not a JSON object"),
        (b"", "a binary message without a header length"),
        (b"\x00\x09Path:a", "a binary message of 8 bytes with 9 bytes of headers"),
        (b"\x00\x02\xff\xfe", "binary message headers that are not ASCII"),
    ],
)
def test_what_is_no_message_is_refused_with_its_reason(data: str | bytes, reason: str) -> None:
    with pytest.raises(BadFrame) as bad:
        messages.read(data)
    assert str(bad.value) == reason


def test_a_message_that_is_not_json_says_so() -> None:
    with pytest.raises(BadFrame, match="is not JSON"):
        messages.read("Path:speech.context\r\n\r\n{")


def test_a_server_message_is_framed_as_the_sdk_reads_it() -> None:
    assert messages.write(EndDetected(1500), "45ab") == (
        "X-RequestId:45ab\r\nContent-Type:application/json; charset=utf-8\r\nPath:speech.endDetected\r\n\r\n"
        '{"Offset":15000000}'
    )


PHRASE = SpeechPhrase("1", "Success", 100, 2000, "Grüße.")
GUESS = SpeechHypothesis("1", "grüße", 100, 900)


@pytest.mark.parametrize(
    ("message", "path", "body"),
    [
        (TurnStart("ab"), "turn.start", {"context": {"serviceTag": "ab"}}),
        (StartDetected(20), "speech.startDetected", {"Offset": 200_000}),
        (TurnEnd(), "turn.end", {}),
        (
            SpeechHypothesis("1", "hi", 0, 10, "en-US", "Guest-1"),
            "speech.hypothesis",
            {
                "Id": "1",
                "Text": "hi",
                "Offset": 0,
                "Duration": 100_000,
                "Channel": 0,
                "PrimaryLanguage": {"Language": "en-US", "Confidence": "High"},
                "SpeakerId": "Guest-1",
            },
        ),
        (
            SpeechPhrase("1", "NoMatch", 0, 10),
            "speech.phrase",
            {"Id": "1", "RecognitionStatus": "NoMatch", "Offset": 0, "Duration": 100_000, "Channel": 0},
        ),
        (
            TranslationResponse(PHRASE, Translations({"de": "a"}, {"fr": "no model"})),
            "translation.response",
            {
                "SpeechPhrase": PHRASE.body(),
                "TranslationStatus": "Success",
                "FailureReason": "fr: no model",
                "Translations": [{"Language": "de", "Text": "a"}],
            },
        ),
        (
            TranslationResponse(GUESS, Translations({}, {"fr": "no model"})),
            "translation.response",
            {
                "SpeechHypothesis": GUESS.body(),
                "TranslationStatus": "Error",
                "FailureReason": "fr: no model",
                "Translations": [],
            },
        ),
        (
            TranslationV1(PHRASE, Translations({"de": "a"})),
            "translation.phrase",
            {
                **PHRASE.body(),
                "Text": "Grüße.",
                "Translation": {"TranslationStatus": "Success", "Translations": [{"Language": "de", "Text": "a"}]},
            },
        ),
    ],
)
def test_each_message_has_its_path_and_body(message: messages.ServerMessage, path: str, body: object) -> None:
    assert message.path == path
    assert message.body() == body


def test_a_detailed_phrase_has_words_in_ticks() -> None:
    words = (TimedWord("grüße", 100, 400, 0.91234567),)
    shown = (TimedWord("Grüße.", 100, 400),)
    best = Best(0.9, "grüße", "Grüße", "Grüße", "Grüße.", words, shown)
    body = SpeechPhrase("1", "Success", 100, 2000, "Grüße.", best).body()
    assert body["NBest"] == [
        {
            "Confidence": 0.9,
            "Lexical": "grüße",
            "ITN": "Grüße",
            "MaskedITN": "Grüße",
            "Display": "Grüße.",
            "Words": [{"Word": "grüße", "Offset": 1_000_000, "Duration": 4_000_000, "Confidence": 0.9123}],
            "DisplayWords": [{"DisplayText": "Grüße.", "Offset": 1_000_000, "Duration": 4_000_000}],
        }
    ]
    assert "Grüße" in messages.write(PHRASE, "1")
    assert json.loads(messages.write(PHRASE, "1").partition("\r\n\r\n")[2])["DisplayText"] == "Grüße."
