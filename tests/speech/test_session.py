"""One session of the real SDK against the real host, healthy and ill."""

from __future__ import annotations

import os
import threading
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from host_process import Host, running_host

from pipeline.config.schema import RecognitionSettings, ServiceSettings
from pipeline.errors import (
    AudioError,
    BadRequest,
    Interrupted,
    PipelineError,
    Refused,
    ServiceError,
    Stalled,
    Throttled,
    Unreachable,
)
from pipeline.speech.request import Patience, Recognised, Wanted
from pipeline.speech.service import Endpoint, local_endpoint
from pipeline.speech.session import recognise

QUICK = Patience(beyond_ms=1_500)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host(ear="scripted") as running:
        yield running


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return noise(tmp_path_factory.mktemp("audio") / "twelve.wav", 12.0)


def noise(path: Path, seconds: float) -> Path:
    samples = np.random.default_rng(7).integers(-8000, 8000, round(seconds * 16_000), dtype=np.int16)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(samples.tobytes())
    return path


def endpoint(url: str) -> Endpoint:
    return local_endpoint(url, ServiceSettings(), 4)


def heard(url: str, wav: Path, wanted: Wanted | None = None, audio_ms: int = 12_000) -> Recognised:
    return recognise(wav, audio_ms, endpoint(url), wanted or Wanted(RecognitionSettings()), patience=QUICK)


def failing(tmp_path: Path, rules: str, wav: Path) -> PipelineError:
    (tmp_path / "faults.yaml").write_text(rules)
    with running_host(ear="scripted", faults=tmp_path / "faults.yaml") as ill, pytest.raises(PipelineError) as caught:
        heard(ill.url, wav, audio_ms=2_000)
    return caught.value


def test_a_recording_is_heard_to_its_end_in_order_with_words(host: Host, wav: Path) -> None:
    found = heard(host.url, wav)
    assert [(s.start_ms, s.end_ms) for s in found.segments] == [(0, 5000), (5000, 10000), (10000, 12000)]
    assert all(segment.words for segment in found.segments)
    assert len(found.session_id) == 32


def test_progress_rises_to_the_end_of_the_recording(host: Host, wav: Path) -> None:
    told: list[int] = []
    recognise(wav, 12_000, endpoint(host.url), Wanted(RecognitionSettings()), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 12_000


def test_single_shot_hears_the_first_utterance_only(host: Host, wav: Path) -> None:
    found = heard(host.url, wav, Wanted(RecognitionSettings(mode="single_shot")))
    assert [(s.start_ms, s.end_ms) for s in found.segments] == [(0, 5000)]


def test_translation_comes_with_the_recognition(host: Host, wav: Path) -> None:
    found = heard(host.url, wav, Wanted(RecognitionSettings(), ("de", "fr")))
    assert all(set(segment.translations) == {"de", "fr"} for segment in found.segments)


def test_speakers_are_told_apart_on_request(host: Host, wav: Path) -> None:
    found = heard(host.url, wav, Wanted(RecognitionSettings(diarization=True)))
    assert all(segment.speaker for segment in found.segments)


def test_the_language_found_is_on_every_segment(host: Host, wav: Path) -> None:
    found = heard(host.url, wav, Wanted(RecognitionSettings(languages=["en-US", "de-DE"])))
    assert {segment.language for segment in found.segments} <= {"en-US", "de-DE"}
    assert found.segments


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("{fault: status, status: 401}", Refused),
        ("{fault: status, status: 403}", Refused),
        ("{fault: status, status: 400}", BadRequest),
        ("{fault: status, status: 429, retry_after: 7}", Throttled),
        ("{fault: status, status: 503}", Unreachable),
        ("{fault: status, status: 500}", ServiceError),
        ("{fault: reset}", Unreachable),
        ("{fault: drop}", ServiceError),
        ("{fault: close, code: 1007, reason: no such language}", BadRequest),
        ("{fault: phrase, status: TooManyRequests}", Throttled),
        ("{fault: malformed}", ServiceError),
        ("{fault: silent}", Stalled),
    ],
)
def test_each_fault_of_a_service_is_known_for_what_it_is(
    rule: str, kind: type[PipelineError], tmp_path: Path, wav: Path
) -> None:
    assert type(failing(tmp_path, f"rules: [{rule}]", wav)) is kind


def test_nobody_listening_is_unreachable(wav: Path) -> None:
    with pytest.raises(Unreachable):
        heard("ws://127.0.0.1:9", wav)


def test_a_drop_in_mid_stream_is_healed_without_loss_or_repetition(tmp_path: Path, host: Host, wav: Path) -> None:
    (tmp_path / "faults.yaml").write_text("rules: [{fault: drop, after_phrases: 1, sessions: [1, 2]}]")
    with running_host(ear="scripted", faults=tmp_path / "faults.yaml") as ill:
        assert heard(ill.url, wav).segments == heard(host.url, wav).segments


def test_a_name_that_is_not_utf8_is_heard_like_any_other(tmp_path: Path, host: Host, wav: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    odd.write_bytes(wav.read_bytes())
    assert heard(host.url, odd).segments == heard(host.url, wav).segments


def test_a_connection_lost_after_the_last_result_loses_nothing(tmp_path: Path, host: Host, wav: Path) -> None:
    # Three results cover the recording; the SDK reconnects, sends nothing, and would wait for ever.
    (tmp_path / "faults.yaml").write_text("rules: [{fault: drop, after_phrases: 3}]")
    with running_host(ear="scripted", faults=tmp_path / "faults.yaml") as ill:
        assert heard(ill.url, wav).segments == heard(host.url, wav).segments


def test_an_address_with_a_path_is_told_as_a_wrong_address(wav: Path) -> None:
    with pytest.raises(BadRequest):
        heard("ws://127.0.0.1:9/path", wav)


def test_text_renamed_to_wav_is_a_fault_of_the_recording(tmp_path: Path, host: Host) -> None:
    (tmp_path / "text.wav").write_text("this is not audio")
    with pytest.raises(AudioError):
        heard(host.url, tmp_path / "text.wav")


def test_an_abort_ends_a_session_that_waits(tmp_path: Path, wav: Path) -> None:
    (tmp_path / "faults.yaml").write_text("rules: [{fault: silent}]")
    abort = threading.Event()
    with running_host(ear="scripted", faults=tmp_path / "faults.yaml") as ill:
        threading.Timer(0.3, abort.set).start()
        with pytest.raises(Interrupted):
            recognise(wav, 12_000, endpoint(ill.url), Wanted(RecognitionSettings()), abort=abort)


def test_the_watchdog_waits_longer_for_more_audio_but_not_without_end() -> None:
    patience = Patience(beyond_ms=30_000)
    assert patience.limit_s(0, 2.0) == 30
    assert patience.limit_s(10_000, 2.0) == 37.5
    assert patience.limit_s(10_000_000, 2.0) == 79.5
    assert patience.limit_s(10_000, 0.0) == 60
