from __future__ import annotations

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pipeline.config.schema import ServiceSettings
from pipeline.errors import PipelineError
from pipeline.run.embedded import EmbeddedHost

ADDRESS = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
SCRIPTED = ServiceSettings(ear="scripted")


def test_programs_in_the_current_folder_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pipeline", "json", "websockets"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run from the current folder')")
    monkeypatch.chdir(tmp_path)

    with EmbeddedHost(SCRIPTED) as host:
        assert host.wait().model == "scripted"


def test_the_host_of_a_run_takes_only_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECH_HOST_KEY", "of another host")

    with EmbeddedHost(SCRIPTED) as host:
        listening = host.wait()
        with pytest.raises(InvalidStatus, match="401"):
            connect(listening.url + ADDRESS)
        with connect(listening.url + ADDRESS, additional_headers={"Ocp-Apim-Subscription-Key": listening.key}):
            pass


def test_the_key_of_the_host_is_in_no_list_of_processes() -> None:
    with EmbeddedHost(SCRIPTED) as host:
        key = host.wait().key
        told = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]

        assert not any(key.encode() in line for line in told)
        assert key not in repr(host.wait())


@pytest.mark.parametrize(
    ("settings", "exit_code", "words"),
    [
        ({"ear": "scripted", "translator": "/nowhere/x/y"}, 2, "no translator '/nowhere/x/y'"),
        ({"ear": "scripted", "translator": "??"}, 2, "no translator '??'"),
        ({"ear": "scripted", "faults": "/nowhere.yaml"}, 2, "/nowhere.yaml: No such file or directory"),
    ],
)
def test_a_host_that_cannot_start_says_why(settings: dict[str, str], exit_code: int, words: str) -> None:
    with EmbeddedHost(ServiceSettings(**settings)) as host, pytest.raises(PipelineError) as caught:
        host.wait()

    assert caught.value.exit_code == exit_code
    assert words in caught.value.message


def test_a_model_that_is_missing_is_told_with_the_next_step() -> None:
    pytest.importorskip("ctranslate2")
    with EmbeddedHost(ServiceSettings(model="/nowhere")) as host, pytest.raises(PipelineError) as caught:
        host.wait()

    assert caught.value.message == "/nowhere is not a CTranslate2 Whisper model: it has no config.json"
    assert (caught.value.exit_code, caught.value.hint) == (3, "run: speech-pipeline model fetch")
