"""Which files still need work, and what is said of the others?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config.load import build
from pipeline.run import entries
from pipeline.run.ledger import Known
from pipeline.run.plan import Asked, Job, Skip, plan
from pipeline.run.settings import job_settings
from pipeline.values import Done, Output, Source

CONFIG = build({"input": {"paths": ["."]}})
SETTINGS = job_settings(CONFIG)
SOURCE = Source("in/a/talk.wav", "a/talk.wav", "a/talk", 100, 200)
DONE = Done("a/talk.wav", 1, 1.0, 1, 1, (Output("a/talk.json", "x", 1), Output("a/talk.srt", "y", 1)))
KNOWN = Known(
    "a/talk.wav",
    "a/talk",
    100,
    200,
    "sha",
    "done",
    SETTINGS.recognition_key,
    SETTINGS.output_key,
    "run",
    entries.of_done(DONE),
)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "a").mkdir()
    for name in ("a/talk.json", "a/talk.srt"):
        (tmp_path / name).touch()
    return tmp_path


def decided(output: Path, known: Known | None, source: Source = SOURCE, asked: Asked | None = None) -> Job | Skip:
    (decision,) = plan([source], CONFIG, output, lambda names: {source.name: known} if known else {}, asked or Asked())
    return decision


@pytest.mark.parametrize(
    ("change", "reason", "render_only", "keeps_transcript"),
    [
        (lambda known: None, "new", False, False),
        (lambda known: known._replace(bytes=99), "audio changed", False, False),
        (lambda known: known._replace(mtime_ns=199), "modified since", False, True),
        (lambda known: known._replace(recognition_key="x"), "recognition settings changed", False, False),
        (lambda known: known._replace(output_key="x"), "output settings changed", True, True),
        (lambda known: known._replace(output="talk"), "output name changed", True, True),
        (lambda known: known._replace(status="failed"), "failed before", False, True),
        # Several at once: what costs most decides.
        (
            lambda known: known._replace(recognition_key="x", output_key="x"),
            "recognition settings changed",
            False,
            False,
        ),
        (lambda known: known._replace(bytes=99, output_key="x"), "audio changed", False, False),
    ],
)
def test_each_change_is_work_with_its_reason(
    output: Path,
    change: Callable[[Known], Known | None],
    reason: str,
    render_only: bool,
    keeps_transcript: bool,
) -> None:
    job = decided(output, change(KNOWN))
    assert isinstance(job, Job)
    assert (job.reason, job.render_only, job.known is not None) == (reason, render_only, keeps_transcript)


def test_a_file_that_is_as_it_was_is_left_alone_with_its_entry(output: Path) -> None:
    assert decided(output, KNOWN) == Skip("a/talk.wav", "unchanged")


def test_a_missing_output_is_rendered_again(output: Path) -> None:
    (output / "a/talk.srt").unlink()
    job = decided(output, KNOWN)
    assert isinstance(job, Job)
    assert (job.reason, job.render_only) == ("an output is missing", True)


@pytest.mark.parametrize("stem", ['with "quotes"', "with % percent", "Grüße", "back\\slash", "new\nline", "trailing "])
def test_outputs_of_any_name_are_found_again(output: Path, stem: str) -> None:
    (output / f"{stem}.srt").touch()
    done = replace(DONE, source=f"{stem}.wav", outputs=(Output(f"{stem}.srt", "x", 1),))
    source = replace(SOURCE, name=f"{stem}.wav", output=stem)
    known = KNOWN._replace(name=source.name, output=stem, entry=entries.of_done(done))
    assert isinstance(decided(output, known, source), Skip)
    (output / f"{stem}.srt").unlink()
    assert isinstance(decided(output, known, source), Job)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        (Asked(force=True), KNOWN, "forced"),
        (Asked(force=True), KNOWN._replace(status="failed"), "forced"),
        (Asked(only=("b/*",)), KNOWN, "excluded"),
        (Asked(only=("b/*", "*.wav")), KNOWN, "unchanged"),
        (Asked(only=("*.mp3",), force=True), None, "excluded"),
        (Asked(retry_failed=False), KNOWN._replace(status="failed"), "failed-before"),
        (Asked(retry_failed=False), KNOWN._replace(status="failed", mtime_ns=1), "failed before"),
    ],
)
def test_the_command_line_has_the_last_word(output: Path, asked: Asked, known: Known | None, expected: str) -> None:
    assert decided(output, known, asked=asked).reason == expected


def test_forced_work_takes_nothing_from_what_is_known(output: Path) -> None:
    job = decided(output, KNOWN, asked=Asked(force=True))
    assert isinstance(job, Job)
    assert job.known is None


def test_a_row_of_the_options_table_holds_for_its_file_alone(output: Path) -> None:
    german = replace(SOURCE, name="b.wav", options=(("recognition.language", "de-DE"),))
    first, second = plan([SOURCE, german], CONFIG, output, lambda names: dict.fromkeys(names, KNOWN), Asked())
    assert (first.reason, second.reason) == ("unchanged", "recognition settings changed")
