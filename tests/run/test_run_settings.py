"""Which change of a setting makes which work be done again?"""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.load import build
from pipeline.run.settings import job_settings, settings_key

NOTHING, OUTPUT, RECOGNITION = "nothing", "output", "recognition"


def keys(*overrides: str, **sections: Any) -> tuple[str, str]:
    found = job_settings(build({"input": {"paths": ["."]}, **sections}, list(overrides)))
    return found.recognition_key, found.output_key


@pytest.mark.parametrize(
    ("override", "again"),
    [
        ("recognition.language=de-DE", RECOGNITION),
        ("recognition.languages=[de-DE, en-US]", RECOGNITION),
        ("recognition.mode=dictation", RECOGNITION),
        ("recognition.phrases=[Kubernetes]", RECOGNITION),
        ("recognition.profanity=raw", RECOGNITION),
        ("recognition.diarization=true", RECOGNITION),
        ("recognition.word_timestamps=false", RECOGNITION),
        ("recognition.segmentation.silence=700ms", RECOGNITION),
        ("translation.targets=[de]", RECOGNITION),
        ("audio.channels=separate", RECOGNITION),
        ("service.model=tiny.en", RECOGNITION),
        ("service.ear=scripted", RECOGNITION),
        ("service.endpoints=[{host: 'ws://127.0.0.1:1', endpoint_id: mine}]", RECOGNITION),
        ("output.formats=[vtt]", OUTPUT),
        ("subtitles.profile=bbc", OUTPUT),
        ("subtitles.max_lines=1", OUTPUT),
        ("translation.bilingual=true", OUTPUT),
        ("service.sessions=3", NOTHING),
        ("service.upload_speed=3", NOTHING),
        ("service.patience=3s", NOTHING),
        ("service.price_per_hour=1.0", NOTHING),
        ("audio.split.target=60s", NOTHING),
        ("audio.ffmpeg=/opt/ffmpeg", NOTHING),
        ("run.attempts=9", NOTHING),
        ("run.coverage=warn", NOTHING),
        ("input.recursive=false", NOTHING),
        ("output.folder=elsewhere", NOTHING),
    ],
)
def test_a_setting_costs_what_depends_on_it(override: str, again: str) -> None:
    before, after = keys(), keys(override)
    assert (before[0] != after[0]) == (again == RECOGNITION)
    if again != RECOGNITION:
        assert (before[1] != after[1]) == (again == OUTPUT)


def test_the_order_of_formats_and_the_place_of_the_service_change_nothing() -> None:
    assert keys("output.formats=[srt, json]") == keys("output.formats=[json, srt]")
    west = {"kind": "azure", "region": "westeurope"}
    assert keys(service=west) == keys(service={**west, "region": "northeurope"})
    assert keys(service=west) == keys(service={"kind": "azure", "endpoints": [{"region": "a"}, {"region": "b"}]})


@pytest.mark.parametrize(
    "service",
    [
        {"kind": "azure", "region": "w", "endpoint_id": "mine"},
        {"kind": "azure", "endpoints": [{"region": "w", "endpoint_id": "mine"}]},
        {"kind": "azure", "endpoint_id": "mine", "endpoints": [{"region": "w"}]},
    ],
)
def test_a_custom_model_is_another_recogniser_wherever_it_is_named(service: dict[str, Any]) -> None:
    plain = keys(service={"kind": "azure", "region": "w"})
    other = {"kind": "azure", "region": "w", "endpoint_id": "other"}
    assert keys(service=service)[0] not in (plain[0], keys(service=other)[0])
    assert keys(service=service) == keys(service={"kind": "azure", "region": "w", "endpoint_id": "mine"})


def test_a_row_of_the_options_table_is_a_setting_like_any_other() -> None:
    config = build({"input": {"paths": ["."]}})
    german = job_settings(config, (("recognition.language", "de-DE"),))
    assert german.recognition.language == "de-DE"
    assert german == job_settings(build({"input": {"paths": ["."]}}, ["recognition.language=de-DE"]))


def test_one_fingerprint_stands_for_both() -> None:
    base = job_settings(build({"input": {"paths": ["."]}}))
    others = [["recognition.language=de-DE"], ["output.formats=[vtt]"]]
    found = {settings_key(job_settings(build({"input": {"paths": ["."]}}, other))) for other in others}
    assert len(found | {settings_key(base)}) == 3


def test_no_secret_is_in_the_settings_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_MINE", "k3y-do-not-tell")
    config = build({"input": {"paths": ["."]}}, ["service.key=${KEY_OF_MINE}", "service.kind=azure"])
    assert config.service.key is not None
    assert "k3y-do-not-tell" not in repr(job_settings(config))
    # A key is changed now and then; what was recognised with the old one stays recognised.
    monkeypatch.setenv("KEY_OF_MINE", "another")
    again = build({"input": {"paths": ["."]}}, ["service.key=${KEY_OF_MINE}", "service.kind=azure"])
    assert job_settings(config) == job_settings(again)
