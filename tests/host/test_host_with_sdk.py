"""The real Speech SDK against a real host process, with the scripted ear."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.cognitiveservices.speech as speechsdk
import numpy as np
import pytest
from host_process import Host, running_host
from sdk_client import continuous, fast, noise, write_wav

# What the scripted ear hears in 12.3 s of `noise`, in the languages of its vocabulary.
ENGLISH = [
    "Music market night forest coffee fish door paper moon fire.",
    "Bread train night ocean moon bird book brother ship father.",
    "Brother wall forest river music.",
]
GERMAN = [
    "Musik Markt Nacht Wald Kaffee Fisch Tür Papier Mond Feuer.",
    "Brot Zug Nacht Ozean Mond Vogel Buch Bruder Schiff Vater.",
    "Bruder Wand Wald Fluss Musik.",
]
FRENCH = [
    "Musique marché nuit forêt café poisson porte papier lune feu.",
    "Pain train nuit océan lune oiseau livre frère bateau père.",
    "Frère mur forêt rivière musique.",
]
SPANS_MS = [(0, 5000), (5000, 5000), (10_000, 2300)]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("host") / "record.jsonl"


@pytest.fixture(scope="module")
def host(record: Path) -> Iterator[Host]:
    with running_host(record=record) as running:
        yield running


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_wav(tmp_path_factory.mktemp("audio") / "talk.wav", noise(12.3))


def speech(host: Host, bare: bool = False, language: str | None = None) -> Any:
    config = fast(speechsdk.SpeechConfig(endpoint=host.url) if bare else speechsdk.SpeechConfig(host=host.url))
    if language:
        config.speech_recognition_language = language
    return config


def recognizer(config: Any, path: str, languages: list[str] | None = None) -> Any:
    audio = speechsdk.audio.AudioConfig(filename=path)
    if languages is None:
        return speechsdk.SpeechRecognizer(config, audio)
    candidates = speechsdk.languageconfig.AutoDetectSourceLanguageConfig(languages=languages)
    return speechsdk.SpeechRecognizer(config, auto_detect_source_language_config=candidates, audio_config=audio)


def translation(host: Host, source: str, targets: list[str], endpoint: str | None = None) -> Any:
    where = {"endpoint": host.url + endpoint} if endpoint else {"host": host.url}
    config = fast(speechsdk.translation.SpeechTranslationConfig(**where))
    config.speech_recognition_language = source
    for target in targets:
        config.add_target_language(target)
    return config


def translator(config: Any, path: str) -> Any:
    audio = speechsdk.audio.AudioConfig(filename=path)
    return speechsdk.translation.TranslationRecognizer(translation_config=config, audio_config=audio)


def lines(record: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in record.read_text().splitlines()]


@pytest.mark.parametrize("bare", [False, True], ids=["v1", "universal v2"])
def test_continuous_recognition_hears_everything_once(host: Host, talk: str, bare: bool) -> None:
    events = continuous(recognizer(speech(host, bare), talk))
    assert (events.texts, events.spans_ms) == (ENGLISH, SPANS_MS)
    assert [found.reason for found in events.canceled] == [speechsdk.CancellationReason.EndOfStream]
    assert events.speech == ["start 0", "end 123000000"]
    assert events.guesses and all(guess.text for guess in events.guesses)


def test_detailed_results_have_words_with_times(host: Host, talk: str) -> None:
    config = speech(host)
    config.request_word_level_timestamps()
    best = continuous(recognizer(config, talk)).json[1]["NBest"][0]
    assert best["Lexical"] == ENGLISH[1].lower().rstrip(".")
    assert best["Words"][0] == {"Word": "bread", "Offset": 50_500_000, "Duration": 4_000_000, "Confidence": 0.9}
    assert best["DisplayWords"][-1] == {"DisplayText": "father.", "Offset": 95_500_000, "Duration": 4_000_000}


@pytest.mark.parametrize("bare", [False, True], ids=["v1", "universal v2"])
def test_recognize_once_gives_the_first_phrase(host: Host, talk: str, bare: bool) -> None:
    once = recognizer(speech(host, bare), talk)
    result = once.recognize_once_async().get()
    assert (result.text, result.duration) == (ENGLISH[0], 50_000_000)


def test_recognize_once_goes_on_where_it_stopped(host: Host, talk: str) -> None:
    # At the SDK's own pace: with all audio sent at once, it refuses to start again (INVALID_STATE_TRANSITION).
    once = recognizer(speechsdk.SpeechConfig(host=host.url), talk)
    assert [once.recognize_once_async().get().text for _ in ENGLISH] == ENGLISH


@pytest.mark.parametrize("seconds", [2, 40])
def test_recognize_once_of_silence_is_no_match(host: Host, tmp_path: Path, seconds: int) -> None:
    once = recognizer(speech(host), write_wav(tmp_path / "silence.wav", np.zeros(16_000 * seconds)))
    result = once.recognize_once_async().get()
    assert result.reason == speechsdk.ResultReason.NoMatch
    assert result.no_match_details.reason == speechsdk.NoMatchReason.InitialSilenceTimeout


def test_long_silence_is_acknowledged_and_ends_well(host: Host, tmp_path: Path) -> None:
    silence = np.zeros(16_000 * 100)
    events = continuous(recognizer(speech(host), write_wav(tmp_path / "silence.wav", silence)))
    assert {result.reason for result in events.results} == {speechsdk.ResultReason.NoMatch}
    assert events.spans_ms[:2] == [(0, 15_000), (15_000, 15_000)]
    assert events.error is None and events.stopped


def test_dictation_reaches_the_dictation_path(host: Host, talk: str, record: Path) -> None:
    config = speech(host)
    config.enable_dictation()
    assert continuous(recognizer(config, talk)).texts == ENGLISH
    assert "/speech/recognition/dictation/cognitiveservices/v1" in [line.get("path") for line in lines(record)]


@pytest.mark.parametrize(("continuously", "last"), [(False, "fr-FR"), (True, "de-DE")])
def test_the_language_found_is_on_every_result(host: Host, talk: str, continuously: bool, last: str) -> None:
    config = speech(host)
    if continuously:
        config.set_property(speechsdk.PropertyId.SpeechServiceConnection_LanguageIdMode, "Continuous")
    events = continuous(recognizer(config, talk, ["fr-FR", "de-DE"]))
    found = [speechsdk.AutoDetectSourceLanguageResult(result).language for result in events.results]
    assert found == ["fr-FR", "fr-FR", last]
    assert events.texts == [*FRENCH[:2], FRENCH[2] if last == "fr-FR" else GERMAN[2]]


@pytest.mark.parametrize("endpoint", [None, "/speech/translation/cognitiveservices/v1"], ids=["v2", "v1"])
@pytest.mark.parametrize("detailed", [False, True], ids=["simple", "detailed"])
def test_translations_come_with_the_recognised_text(
    host: Host, talk: str, endpoint: str | None, detailed: bool
) -> None:
    config = translation(host, "en-US", ["de", "fr"], endpoint)
    if detailed:
        config.request_word_level_timestamps()
    events = continuous(translator(config, talk))
    assert events.texts == ENGLISH
    assert [result.translations["de"] for result in events.results] == GERMAN
    assert [result.translations["fr"] for result in events.results] == FRENCH
    assert events.spans_ms == SPANS_MS
    assert events.guesses[0].translations["de"] == "Musik Markt Nacht Wald"


def test_recognize_once_translates(host: Host, talk: str) -> None:
    once = translator(translation(host, "de-DE", ["en"]), talk)
    result = once.recognize_once_async().get()
    assert (result.text, dict(result.translations)) == (GERMAN[0], {"en": ENGLISH[0]})


def test_translation_identifies_the_language_too(host: Host, talk: str) -> None:
    candidates = speechsdk.languageconfig.AutoDetectSourceLanguageConfig(languages=["de-DE", "fr-FR"])
    listener = speechsdk.translation.TranslationRecognizer(
        translation_config=translation(host, "", ["en"]),
        auto_detect_source_language_config=candidates,
        audio_config=speechsdk.audio.AudioConfig(filename=talk),
    )
    events = continuous(listener)
    assert [result.translations["en"] for result in events.results] == ENGLISH
    found = speechsdk.PropertyId.SpeechServiceConnection_AutoDetectSourceLanguageResult
    assert events.results[0].properties[found] == "de-DE"


def test_a_conversation_is_told_by_speaker(host: Host, talk: str) -> None:
    config = speech(host)
    audio = speechsdk.audio.AudioConfig(filename=talk)
    events = continuous(speechsdk.transcription.ConversationTranscriber(config, audio_config=audio))
    assert events.texts == ENGLISH
    assert [result.speaker_id for result in events.results] == ["Guest-1", "Guest-1", "Guest-2"]


@pytest.mark.parametrize("bare", [False, True], ids=["in the address", "in the context"])
def test_an_unknown_language_is_a_bad_request(host: Host, talk: str, bare: bool) -> None:
    error = continuous(recognizer(speech(host, bare, "ja-JP"), talk)).error
    assert error.code == speechsdk.CancellationErrorCode.BadRequest
    assert "language ja-JP is not supported" in error.error_details


@pytest.mark.parametrize("endpoint", [None, "/speech/translation/cognitiveservices/v1"], ids=["v2", "v1"])
def test_a_pair_that_nobody_translates_is_a_bad_request_that_names_the_pairs(
    host: Host, talk: str, endpoint: str | None
) -> None:
    error = continuous(translator(translation(host, "en-US", ["ja"], endpoint), talk)).error
    assert error.code == speechsdk.CancellationErrorCode.BadRequest
    assert "translation from en-US to ja is not supported; pairs: " in error.error_details


@pytest.mark.parametrize(
    ("rate", "seconds"), [(44_100, 3.3333), (8_000, 7.0001), (22_050, 6.12345), (48_000, 6.0), (11_025, 5.5001)]
)
def test_any_sample_rate_ends_in_one_turn(host: Host, tmp_path: Path, rate: int, seconds: float) -> None:
    turns = host.health()["turns"]
    events = continuous(recognizer(speech(host), write_wav(tmp_path / "a.wav", noise(seconds, rate), rate)))
    first, *rest = events.spans_ms
    assert first == (0, min(5000, int(seconds * 1000)))
    assert sum(duration for _, duration in events.spans_ms) == int(seconds * 1000)
    assert host.health()["turns"] == turns + 1
    assert len(rest) <= 1


@pytest.mark.parametrize("body_bytes", [111_018, 111_019, 64_000 - 2, 160_002])
def test_an_odd_length_is_not_heard_twice(host: Host, talk: str, tmp_path: Path, body_bytes: int) -> None:
    turns = host.health()["turns"]
    cut = tmp_path / "odd.wav"
    cut.write_bytes(Path(talk).read_bytes()[: 44 + body_bytes])
    events = continuous(recognizer(speech(host), str(cut)))
    assert host.health()["turns"] == turns + 1
    assert len(events.texts) == -(-body_bytes // 160_000) - (body_bytes == 160_002)


def test_audio_that_no_decoder_knows_is_a_bad_request(host: Host, tmp_path: Path) -> None:
    made = tmp_path / "a.wav"
    made.write_bytes(Path(write_wav(tmp_path / "b.wav", noise(1), 500)).read_bytes())
    error = continuous(recognizer(speech(host), str(made))).error
    assert error.code == speechsdk.CancellationErrorCode.BadRequest
    assert "audio of 500 Hz with 1 channels is not supported" in error.error_details


def test_the_record_shows_what_was_asked_and_no_secret(host: Host, talk: str, record: Path) -> None:
    config = fast(speechsdk.SpeechConfig(host=host.url, subscription="a-very-secret-key"))
    config.endpoint_id = "my-model"
    config.set_profanity(speechsdk.ProfanityOption.Raw)
    listener = recognizer(config, talk)
    speechsdk.PhraseListGrammar.from_recognizer(listener).addPhrase("Contoso")
    continuous(listener)
    assert "secret" not in record.read_text()
    upgrade = [line for line in lines(record) if line["event"] == "upgrade"][-1]
    assert upgrade["query"] == {"cid": ["my-model"], "profanity": ["raw"]}
    assert upgrade["authentication"]["kind"] == "key"
    context = [line for line in lines(record) if line["event"] == "speech.context"][-1]["content"]
    assert context["dgi"]["Groups"][0]["Items"] == [{"Text": "Contoso"}]
