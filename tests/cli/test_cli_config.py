"""Do `init`, `config check` and `config schema` do what their help says?"""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from pipeline.cli.main import cli


def invoke(*arguments: str | Path):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_init_writes_a_config_that_is_right(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("init")

    assert result.exit_code == 0
    assert result.stdout == (
        "wrote speech-pipeline.yaml\n"
        "next: put recordings into inbox and call: speech-pipeline run speech-pipeline.yaml\n"
    )
    assert invoke("config", "check", "speech-pipeline.yaml").exit_code == 0


def test_init_does_not_overwrite_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("mine")

    result = invoke("init", path)
    assert (result.exit_code, path.read_text()) == (2, "mine")
    assert result.stderr == (
        f"speech-pipeline: {path} exists\nspeech-pipeline: choose another name, or replace it with --force\n"
    )
    assert invoke("init", path, "--force").exit_code == 0
    assert path.read_text().startswith("# A config of speech-pipeline.")


def test_check_prints_the_faults_of_all_files(tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong.yaml", tmp_path / "right.yaml"
    wrong.write_text("input: {paths: [x]}\nrun: {attempts: 0}\nrecognitoin: {}\n")
    right.write_text("input: {paths: [x]}\n")

    result = invoke("config", "check", wrong, right, tmp_path / "gone.yaml")

    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        f"{wrong}:2: run.attempts: 0 is not allowed; allowed: a whole number from 1 to 1000",
        f"{wrong}:3: recognitoin: unknown key, did you mean recognition?"
        " allowed: input, audio, service, recognition, translation, output, subtitles, run",
        f"{tmp_path}/gone.yaml: cannot be read: No such file or directory",
    ]
    assert result.stderr == f"{right}: ok\n"


def test_check_looks_into_the_options_table(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("input: {paths: [x], options: o.csv}\n")
    (tmp_path / "o.csv").write_text("path,mode\na.wav,fast\n")

    result = invoke("config", "check", config)

    assert result.exit_code == 2
    assert result.stdout == (
        f"{tmp_path}/o.csv:2: mode: fast is not allowed; allowed: continuous | single_shot | dictation\n"
    )


def test_check_knows_overrides(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("input: {paths: [x]}\n")

    assert invoke("config", "check", config, "--set", "run.attempts=2").exit_code == 0
    assert invoke("config", "check", config, "--set", "run.attempts=0").exit_code == 2


def test_schema_is_json() -> None:
    schema = json.loads(invoke("config", "schema").stdout)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["properties"]) == [
        "input",
        "audio",
        "service",
        "recognition",
        "translation",
        "output",
        "subtitles",
        "run",
    ]
