"""Faults: the file, the draw, and what the real Speech SDK sees of each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.cognitiveservices.speech as speechsdk
import pytest
from host_process import Host, running_host
from sdk_client import Events, continuous, fast, noise, write_wav

from pipeline.host import faults
from pipeline.host.strict import BadFile
from pipeline.host.trouble import Fault, Outage, Trouble
from pipeline.host.wanted import dialled

Code = speechsdk.CancellationErrorCode

TALK = [
    "Music market night forest coffee fish door paper moon fire.",
    "Bread train night ocean moon bird book brother ship father.",
    "Brother wall forest river music.",
]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "rules: [{fault: drop, after_audio: soon}]",
            "f: rules.0.after_audio: Value error, a duration such as 500ms, 3s or 2m",
        ),
        ("rules: [{fault: explode}]", "f: rules.0: Input tag 'explode' found using 'fault' does not match any of"),
        ("rules: [{fault: hang, after_audio: 3s}]", "f: rules.0.after_audio: Extra inputs are not permitted"),
        ("rules: [{fault: status, status: 42}]", "f: rules.0.status: Input should be greater than or equal to 200"),
        ("rules: [{fault: hang, chance: 2}]", "f: rules.0.chance: Input should be less than or equal to 1"),
        ("fault: drop", "f: fault: Extra inputs are not permitted"),
        ("- drop", "f: the file: Input should be a valid dictionary"),
        ("rules: [", "f: not YAML: "),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(text: str, mistake: str) -> None:
    with pytest.raises(BadFile) as bad:
        faults.parse(text, "f")
    assert str(bad.value).startswith(mistake)


def test_an_empty_file_has_no_faults() -> None:
    assert faults.parse("").draw(1, dialled("/x"), {}) == ()


def kinds(text: str, sessions: int, target: str = "/v1?language=de-DE", **headers: str) -> list[str]:
    plan = faults.parse(text)
    return ["+".join(fault.kind for fault in plan.draw(n + 1, dialled(target), headers)) for n in range(sessions)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{fault: drop}", ["drop", "drop", "drop", "drop"]),
        ("{fault: drop, first: 2}", ["drop", "drop", "", ""]),
        ("{fault: drop, every: 2}", ["", "drop", "", "drop"]),
        ("{fault: drop, sessions: [3]}", ["", "", "drop", ""]),
        ("{fault: drop, every: 2, first: 3}", ["", "drop", "", ""]),
        ("{fault: drop, chance: 0}", ["", "", "", ""]),
        ("{fault: drop, path: /v2*}", ["", "", "", ""]),
        ("{fault: drop, path: /v*, first: 1}", ["drop", "", "", ""]),
        ("{fault: drop, query: {language: de-*}, first: 1}", ["drop", "", "", ""]),
        ("{fault: drop, query: {x: '1'}}", ["", "", "", ""]),
        ("{fault: drop, headers: {User-Agent: SpeechSDK*}, first: 1}", ["drop", "", "", ""]),
        ("{fault: drop, headers: {X-Other: '?*'}}", ["", "", "", ""]),
        ("{fault: hang, first: 1}, {fault: drop, first: 2}, {fault: slow, delay: 1s, every: 2}",
         ["hang", "drop+slow", "", "slow"]),
    ],
)  # fmt: skip
def test_a_rule_meets_the_sessions_it_names(rule: str, expected: list[str]) -> None:
    assert kinds(f"rules: [{rule}]", 4, **{"user-agent": "SpeechSDK-Python/1.53.0"}) == expected


def test_chances_are_drawn_by_seed_and_nothing_else() -> None:
    text = "seed: 7\nrules: [{fault: drop, chance: 25%}]"
    drawn = kinds(text, 1000)
    assert drawn == kinds(text, 1000, target="/elsewhere")
    assert drawn != kinds(text.replace("7", "8"), 1000)
    assert 200 < drawn.count("drop") < 300


def test_a_fault_in_mid_stream_strikes_once_when_its_time_has_come() -> None:
    trouble = Trouble((Fault("drop", after_audio_ms=1000, after_phrases=2),))
    assert [trouble.strike(*at) for at in [(999, 5), (1000, 1)]] == [None, None]
    assert trouble.strike(1000, 2) == Fault("drop", after_audio_ms=1000, after_phrases=2)
    assert trouble.strike(5000, 9) is None


def test_an_outage_comes_back_after_its_period() -> None:
    outage = Outage(every_ms=10_000, lasts_ms=2_000, starts_ms=5_000)
    assert [outage.covers(now_ms) for now_ms in (0, 4_999, 5_000, 6_999, 7_000, 15_000)] == [
        False, False, True, True, False, True,
    ]  # fmt: skip


RULES = """
rules:
  - {fault: status, status: 400, query: {x: "400"}}
  - {fault: status, status: 403, query: {x: "403"}}
  - {fault: status, status: 429, retry_after: 7, query: {x: "429"}}
  - {fault: status, status: 503, query: {x: "503"}}
  - {fault: hang, query: {x: hang}}
  - {fault: reset, query: {x: reset}}
  - {fault: drop, after_audio: 3s, query: {x: drop-for-ever}}
  - {fault: drop, after_audio: 6s, after_phrases: 1, query: {x: drop}}
  - {fault: close, code: 1011, after_audio: 6s, after_phrases: 1, query: {x: "1011"}}
  - {fault: close, code: 1007, reason: no such thing, query: {x: "1007"}}
  - {fault: close, code: 4429, reason: slow down, query: {x: "4429"}}
  - {fault: phrase, status: TooManyRequests, after_audio: 1s, query: {x: TooManyRequests}}
  - {fault: phrase, status: Forbidden, query: {x: Forbidden}}
  - {fault: phrase, status: BadRequest, query: {x: BadRequest}}
  - {fault: phrase, query: {x: Error}}
  - {fault: malformed, after_audio: 1s, query: {x: malformed}}
  - {fault: silent, after_audio: 6s, query: {x: silent}}
  - {fault: slow, delay: 300ms, query: {x: slow}}
  - {fault: untranslated, targets: [fr], query: {x: untranslated}}
  - {fault: untranslated, query: {x: untranslated-all}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("faults")
    write_wav(made / "talk.wav", noise(12.3))
    (made / "faults.yaml").write_text(RULES)
    return made


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[Host]:
    with running_host(faults=folder / "faults.yaml") as running:
        yield running


def listened(host: Host, folder: Path, fault: str, timeout_s: float = 60, **properties: str) -> Events:
    config = fast(speechsdk.SpeechConfig(host=host.url))
    config.set_service_property("x", fault, speechsdk.ServicePropertyChannel.UriQueryParameter)
    for name, value in {"SPEECH-Error-RetryDurationMS": "20", **properties}.items():
        config.set_property_by_name(name.replace("_", "-"), value)
    audio = speechsdk.audio.AudioConfig(filename=str(folder / "talk.wav"))
    return continuous(speechsdk.SpeechRecognizer(config, audio), timeout_s)


@pytest.mark.parametrize(
    ("fault", "code", "details"),
    [
        ("400", Code.BadRequest, "Bad request (400)"),
        ("403", Code.AuthenticationFailure, "Authentication error (403)"),
        ("429", Code.TooManyRequests, "Too many requests (429)"),
        ("503", Code.ServiceUnavailable, "Service unavailable (503)"),
        ("reset", Code.ConnectionFailure, "Connection failed"),
        ("drop-for-ever", Code.ConnectionFailure, "WebSocket"),
        ("1007", Code.BadRequest, "Error code: 1007. Error details: no such thing"),
        ("4429", Code.TooManyRequests, "Error code: 4429. Error details: slow down"),
        ("TooManyRequests", Code.TooManyRequests, "number of parallel requests exceeded"),
        ("Forbidden", Code.Forbidden, "ran out of quota"),
        ("BadRequest", Code.BadRequest, "Invalid parameter or unsupported audio format"),
        ("Error", Code.ServiceError, "internal error"),
        ("malformed", Code.ServiceError, "Invalid response"),
    ],
)
def test_the_sdk_sees_each_fault_as_it_sees_the_services(
    host: Host, folder: Path, fault: str, code: Any, details: str
) -> None:
    error = listened(host, folder, fault).error
    assert error.code == code
    assert details in error.error_details


@pytest.mark.parametrize("fault", ["drop", "1011"])
def test_nothing_is_lost_or_doubled_when_connections_are_lost_after_a_phrase(
    host: Host, folder: Path, fault: str
) -> None:
    before = host.health()["sessions"]["total"]
    events = listened(host, folder, fault)
    assert events.texts == TALK
    assert events.error is None
    assert host.health()["sessions"]["total"] >= before + 3


def test_a_slow_host_is_late_and_right(host: Host, folder: Path) -> None:
    started = time.monotonic()
    assert listened(host, folder, "slow").texts == TALK
    assert time.monotonic() - started > 2


def test_a_silent_host_never_answers_and_the_sdk_waits_for_ever(host: Host, folder: Path) -> None:
    config = fast(speechsdk.SpeechConfig(host=host.url))
    config.set_service_property("x", "silent", speechsdk.ServicePropertyChannel.UriQueryParameter)
    config.set_property_by_name("SPEECH-StopRecognitionTimeoutInSeconds", "1")
    audio = speechsdk.audio.AudioConfig(filename=str(folder / "talk.wav"))
    assert not continuous(speechsdk.SpeechRecognizer(config, audio), timeout_s=2).stopped


def translated(host: Host, folder: Path, fault: str) -> Events:
    config = fast(
        speechsdk.translation.SpeechTranslationConfig(endpoint=f"{host.url}/stt/speech/universal/v2?x={fault}")
    )
    config.speech_recognition_language = "en-US"
    for target in ("de", "fr"):
        config.add_target_language(target)
    audio = speechsdk.audio.AudioConfig(filename=str(folder / "talk.wav"))
    return continuous(speechsdk.translation.TranslationRecognizer(translation_config=config, audio_config=audio))


def test_one_target_fails_and_the_other_is_kept(host: Host, folder: Path) -> None:
    events = translated(host, folder, "untranslated")
    assert [sorted(result.translations) for result in events.results] == [["de"]] * 3
    assert events.json[0]["FailureReason"] == "fr: translation failed (fault)"


def test_all_targets_fail_and_the_text_is_kept(host: Host, folder: Path) -> None:
    events = translated(host, folder, "untranslated-all")
    assert events.texts == TALK
    assert {result.reason for result in events.results} == {speechsdk.ResultReason.RecognizedSpeech}
    assert events.json[0]["TranslationStatus"] == "Error"


@pytest.mark.slow
def test_an_upgrade_that_is_never_answered_is_a_failed_connection(host: Host, folder: Path) -> None:
    # The SDK has no time limit of its own here: it waits until the host gives up, after a minute.
    error = listened(host, folder, "hang", timeout_s=90, **{"SPEECH-Error-MaxRetryCount": "0"}).error
    assert error.code == Code.ConnectionFailure


def test_the_sdk_rides_out_an_outage(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outage.yaml").write_text("outages: [{every: 60s, lasts: 2s}]")
    with running_host(faults=tmp_path / "outage.yaml") as host:
        assert listened(host, folder, "-", **{"SPEECH-Error-MaxRetryCount": "0"}).error.code == Code.ServiceUnavailable
        events = listened(
            host, folder, "-", **{"SPEECH-Error-MaxRetryCount": "40", "SPEECH-Error-RetryDurationMS": "100"}
        )
        assert events.texts == TALK


def test_a_host_may_take_only_so_many_sessions(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "most.yaml").write_text("max_sessions: 1\nrules: [{fault: silent, sessions: [1]}]")
    with running_host(faults=tmp_path / "most.yaml") as host:
        config = fast(speechsdk.SpeechConfig(host=host.url))
        first = speechsdk.SpeechRecognizer(config, speechsdk.audio.AudioConfig(filename=str(folder / "talk.wav")))
        first.start_continuous_recognition_async().get()
        while host.health()["sessions"]["open"] == 0:
            time.sleep(0.05)
        assert listened(host, folder, "-").error.code == Code.TooManyRequests
        first.stop_continuous_recognition_async().get()


@pytest.mark.parametrize("text", ["die_after_sessions: 1", "rules: [{fault: die, after_audio: 3s, sessions: [2]}]"])
def test_a_host_can_die(folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "die.yaml").write_text(text)
    with running_host(faults=tmp_path / "die.yaml") as host:
        assert listened(host, folder, "-").texts == TALK
        assert listened(host, folder, "-", **{"SPEECH-Error-MaxRetryCount": "0"}).error.code == Code.ConnectionFailure
        assert host.process.wait(10) == 70
