"""`speech-pipeline doctor` on this machine, and on ones that lack something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_microphone import NAME, fake_microphone, no_microphone
from host_process import running_host

ROOT = Path(__file__).parents[2]
SCRIPTED = ("--set", "service.ear=scripted")
SECRET = "d0n7te11anyb0dy"
NO_KEY = dict.fromkeys(("AZURE_AI_SPEECH_KEY", "SPEECH_KEY", "AZURE_AI_SPEECH_REGION", "SPEECH_REGION", "HOST_KEY"), "")


def doctor(*arguments: str, **environment: str) -> tuple[int, str, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline", "doctor", *arguments],
        env={**os.environ, **NO_KEY, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ended.returncode, ended.stdout, ended.stderr


def findings(*arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    code, said, _ = doctor("--json", *arguments, **environment)
    return code, {found["name"]: found for found in map(json.loads, said.splitlines())}


def test_a_machine_that_can_run_is_told_so_check_by_check() -> None:
    code, said, errors = doctor(*SCRIPTED)
    lines = said.splitlines()
    assert (code, lines[-1], errors) == (0, "everything that is needed is there", "")
    assert [line.split()[1] for line in lines[:4]] == ["python", "ffmpeg", "speech-sdk", "disk"]
    assert any(line.startswith("ok       local host  scripted: ready after ") for line in lines)


@pytest.mark.parametrize(
    ("name", "arguments", "environment", "what", "mend"),
    [
        ("ffmpeg", ("--set", "audio.ffmpeg=/no/ffmpeg"), {}, "/no/ffmpeg is not a program", "install it"),
        (
            "model",
            ("--set", "service.ear=whisper"),
            {"SPEECH_PIPELINE_MODELS": "HERE"},
            "base is not in",
            "model fetch",
        ),
        ("local host", ("--set", "service.ear=whisper"), {"SPEECH_PIPELINE_MODELS": "HERE"}, "model", "model fetch"),
        (
            "speakers",
            ("--set", "service.ear=whisper", "--set", "recognition.diarization=true"),
            {"SPEECH_PIPELINE_MODELS": "HERE"},
            "the model voices is not here",
            "model fetch voices",
        ),
        ("gstreamer", ("--set", "audio.input=compressed"), {"LD_LIBRARY_PATH": "HERE"}, "lacks for everything", "apt"),
        ("service", ("--service", "azure"), {}, "no key for the Speech service", "set AZURE_AI_SPEECH_KEY"),
    ],
)
def test_what_is_missing_is_told_with_how_to_mend_it(
    name: str, arguments: tuple[str, ...], environment: dict[str, str], what: str, mend: str, tmp_path: Path
) -> None:
    (tmp_path / "libgstreamer-1.0.so.0").touch()
    here = {key: str(tmp_path) for key in environment}
    code, found = findings(*SCRIPTED, *arguments, **here)
    assert (code, found[name]["state"]) == (4 if name == "service" else 3, "missing")
    told = f"{found[name]['what']} -> {found[name]['mend']}"
    assert what in told and mend in told


def test_what_only_some_need_does_not_fail_the_default(tmp_path: Path) -> None:
    (tmp_path / "libgstreamer-1.0.so.0").touch()
    code, found = findings(*SCRIPTED, LD_LIBRARY_PATH=str(tmp_path), **no_microphone(tmp_path))
    assert (code, {name for name, one in found.items() if one["state"] == "missing"}) == (
        0,
        {"gstreamer", "microphone", "service"},
    )


def test_a_missing_plug_in_is_told_with_its_package(tmp_path: Path) -> None:
    environment = {"GST_PLUGIN_SYSTEM_PATH": str(tmp_path), "GST_REGISTRY": str(tmp_path / "registry")}
    _, found = findings(*SCRIPTED, **environment)
    if "libgstreamer1.0-0" in found["gstreamer"]["mend"]:
        pytest.skip("GStreamer is not installed")
    assert "for MP3: mpegaudioparse, mpg123audiodec" in found["gstreamer"]["what"]
    assert found["gstreamer"]["mend"].endswith("plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad")


def test_microphones_are_named(tmp_path: Path) -> None:
    with fake_microphone(tmp_path, b"") as environment:
        _, found = findings(*SCRIPTED, **environment)
    assert NAME in found["microphone"]["what"]


@pytest.mark.parametrize(("sent", "code", "state"), [(SECRET, 0, "ok"), ("wrong" + SECRET, 4, "missing")])
def test_a_service_is_asked_for_real_and_no_key_is_shown(sent: str, code: int, state: str) -> None:
    with running_host(ear="scripted", key=SECRET) as host:
        arguments = ("--service", host.url, "--set", "service.key=${HOST_KEY}")
        found_code, found = findings(*arguments, HOST_KEY=sent)
    assert (found_code, found["service"]["state"]) == (code, state)
    assert SECRET not in json.dumps(found)


def test_nobody_listening_is_told(tmp_path: Path) -> None:
    code, said, _ = doctor("--service", "ws://127.0.0.1:9")
    assert (code, "Connection refused" in said) == (4, True)
    assert said.splitlines()[-1] == "something that is needed is missing, or does not answer"
