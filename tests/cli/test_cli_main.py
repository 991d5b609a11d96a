"""Are the verbs there, is help quick, and does an error become its exit code?"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline import __version__, errors
from pipeline.cli import log, options
from pipeline.cli.main import VERBS, Verbs, cli


def speech_pipeline(*arguments: str, **rest) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **rest)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from pipeline.cli.main import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'yaml', 'azure', 'numpy', 'websockets', 'pydub', 'tqdm', 'sqlite3', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    # A child that is measured loads what the measuring needs.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environ)

    assert done.stderr == "[]\n"


def test_help_names_every_verb() -> None:
    text = speech_pipeline("--help").stdout

    for verb, line in VERBS.items():
        assert f"\n  {verb} " in text
        assert line.split(";")[0].split(",")[0] in " ".join(text.split())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_own_help(verb: str) -> None:
    result = CliRunner().invoke(cli, [verb, "--help"])

    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: cli {verb}")


def test_the_version_is_the_package_s() -> None:
    assert speech_pipeline("--version").stdout == f"speech-pipeline, version {__version__}\n"


@pytest.mark.parametrize("arguments", [["bogus"], ["--bogus"], ["init", "a", "b"], ["config", "check"], []])
def test_a_wrong_command_line_exits_with_2(arguments: list[str]) -> None:
    done = speech_pipeline(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ")


def failing(error: BaseException) -> Verbs:
    """The group with one verb that raises."""

    def fail() -> None:
        raise error

    class One(Verbs):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            return click.Command("fail", callback=fail)

    return One("cli")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (errors.UsageError("no such thing"), 2, "speech-pipeline: no such thing\n"),
        (errors.ConfigError("c.yaml:3: a.b: wrong"), 2, "c.yaml:3: a.b: wrong\n"),
        (
            errors.FfmpegMissing("ffmpeg is not on PATH"),
            3,
            "speech-pipeline: ffmpeg is not on PATH\n"
            "speech-pipeline: install it (apt-get install ffmpeg) or set audio.ffmpeg to its path\n",
        ),
        (errors.Throttled("too many"), 4, "speech-pipeline: too many\n"),
        (errors.LimitReached("enough"), 5, "speech-pipeline: enough\n"),
        (
            errors.Locked("held by process 7"),
            6,
            "speech-pipeline: held by process 7\n"
            "speech-pipeline: wait for the other run, or choose another output folder\n",
        ),
        (errors.PipelineError("some failed"), 1, "speech-pipeline: some failed\n"),
        (errors.Interrupted("stopped"), 130, "speech-pipeline: stopped\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
        (click.UsageError("no"), 2, "Usage: cli fail [OPTIONS]\nTry 'cli fail --help' for help.\n\nError: no\n"),
        (click.ClickException("no"), 2, "Error: no\n"),
    ],
)
def test_an_error_becomes_its_exit_code(error: BaseException, code: int, said: str) -> None:
    result = CliRunner().invoke(failing(error), ["fail"])

    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.strip() == said.strip()


def test_a_fault_of_ours_is_not_swallowed() -> None:
    result = CliRunner().invoke(failing(ZeroDivisionError("ours")), ["fail"])

    assert isinstance(result.exception, ZeroDivisionError)


def test_what_a_verb_returns_is_the_exit_code() -> None:
    class One(Verbs):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            return click.Command("five", callback=lambda: 5)

    assert CliRunner().invoke(One("cli"), ["five"]).exit_code == 5


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m pipeline config schema | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.mark.parametrize("full", [["config", "schema"], ["--help"]])
def test_a_full_disk_behind_standard_output_is_told(full: list[str]) -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("no /dev/full here")
    with device.open("w") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *full], stdout=stream, stderr=subprocess.PIPE, text=True, timeout=60
        )

    assert done.returncode == 1
    assert done.stderr == "speech-pipeline: standard output cannot be written: No space left on device\n"


class TestLogs:
    @pytest.fixture(autouse=True)
    def restore(self):
        room = logging.getLogger("pipeline")
        before = room.handlers[:], room.level, room.propagate
        yield
        room.handlers[:], room.propagate = before[0], before[2]
        room.setLevel(before[1])

    @pytest.mark.parametrize(
        ("arguments", "levels"),
        [
            ([], ["WARNING", "ERROR"]),
            (["-q"], ["ERROR"]),
            (["-v"], ["INFO", "WARNING", "ERROR"]),
            (["-vv"], ["DEBUG", "INFO", "WARNING", "ERROR"]),
        ],
    )
    def test_v_and_q_choose_the_detail(self, arguments: list[str], levels: list[str]) -> None:
        result = CliRunner().invoke(logging_verb(), arguments)

        assert result.stderr.splitlines() == [f"{level}: hello 5" for level in levels]
        assert result.stdout == "() auto\n"

    def test_json_logs_are_one_object_a_line(self) -> None:
        result = CliRunner().invoke(logging_verb(), ["--log-format", "json", "--set", "a.b=1", "--progress", "none"])

        first, second = (json.loads(line) for line in result.stderr.splitlines())
        assert first.pop("time").endswith("+00:00")
        assert first == {"level": "warning", "logger": "pipeline.test", "message": "hello 5", "file": "x"}
        assert second["level"] == "error"
        assert result.stdout == "('a.b=1',) none\n"

    def test_an_error_in_a_json_log_brings_its_traceback(self) -> None:
        try:
            raise ValueError("why")
        except ValueError:
            record = logging.getLogger("pipeline.x").makeRecord("x", 40, "f", 1, "m", (), sys.exc_info())

        assert json.loads(log.JsonLines().format(record))["traceback"].endswith("ValueError: why")


def logging_verb() -> click.Command:
    @click.command()
    @options.common_options
    def command(overrides: tuple[str, ...], progress: str) -> None:
        logger = logging.getLogger("pipeline.test")
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logger.log(level, "hello %d", 5, extra={"file": "x"})
        click.echo(f"{overrides} {progress}")

    return command


def test_the_program_runs_from_any_folder(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    assert speech_pipeline("--version", cwd=tmp_path, env=environ).returncode == 0
