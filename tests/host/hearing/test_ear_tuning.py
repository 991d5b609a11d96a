"""Is the arrangement that was measured best the one that ears use from then on?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli.main import cli
from pipeline.host import models
from pipeline.host.hearing import network, tuning
from pipeline.host.hearing.tuning import (
    BATCH,
    BATCHES,
    FILE_NAME,
    Arrangement,
    Trial,
    arrangement_for,
    best,
    cores,
    remember,
    tune,
)
from pipeline.host.hearing.whisper import WhisperEar

# What a host writes of a model: its folder is no place of a test's own.
MODEL = models.locate("base")
needs_model = pytest.mark.skipif(MODEL is None, reason="model base is not fetched: speech-pipeline model fetch")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(models.CACHE_VARIABLE, str(tmp_path))


@pytest.fixture(autouse=True)
def in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each arrangement once, with as little work as it can have."""
    monkeypatch.setattr(tuning, "MEASURE_S", 0.01)
    monkeypatch.setattr(tuning, "ROUNDS", 1)
    monkeypatch.setattr(network, "EXERCISE_TOKENS", 2)
    monkeypatch.setattr(network, "EXERCISE_S", 1.0)


def test_what_was_never_measured_has_a_worker_a_core() -> None:
    assert arrangement_for("a model") == Arrangement(cores(), 1, BATCH)


def test_what_was_found_best_is_remembered_for_its_model_alone() -> None:
    remember("a model", Arrangement(1, 2, 16))
    remember("another", Arrangement(3, 4, 5))
    assert arrangement_for("a model") == Arrangement(1, 2, 16)
    assert arrangement_for("another") == Arrangement(3, 4, 5)
    assert arrangement_for("a third") == Arrangement(cores())
    assert arrangement_for("a model", workers=7) == Arrangement(7), "what is asked for goes first"


@pytest.mark.parametrize("kept", ["", "[]", "3", '{"a model/%d": 1}', '{"a model/%d": {"workers": "x"}}', "\x00"])
def test_a_file_that_says_nothing_of_use_is_as_none(tmp_path: Path, kept: str) -> None:
    (tmp_path / FILE_NAME).write_text(kept.replace("%d", str(cores())))
    assert arrangement_for("a model") == Arrangement(cores())
    remember("a model", Arrangement(1))
    assert arrangement_for("a model") == Arrangement(1)


def test_only_what_is_clearly_faster_is_preferred_to_what_is_done_unasked() -> None:
    trials = [Trial(Arrangement(2), 100), Trial(Arrangement(1, 2), 104), Trial(Arrangement(2, 1, 4), 90)]
    assert best(trials) == trials[0]
    assert best([*trials, Trial(Arrangement(2, 1, 16), 106)]).arrangement.batch == 16


@needs_model
def test_every_way_to_share_out_the_cores_is_measured_and_then_the_batch() -> None:
    assert MODEL is not None
    trials = list(tune(MODEL, 4, measure_s=0.01))
    shares = [(trial.arrangement.workers, trial.arrangement.threads) for trial in trials]
    assert shares[:3] == [(4, 1), (2, 2), (1, 4)]
    shared = best(trials[:3]).arrangement
    assert shares[3:] == [(shared.workers, shared.threads)] * 3
    assert [trial.arrangement.batch for trial in trials] == [BATCH] * 3 + [BATCH, *BATCHES]
    assert all(trial.speed > 1 for trial in trials)


@needs_model
def test_the_command_tells_what_it_measures_and_the_next_ear_does_as_it_found(
    tmp_path: Path,
) -> None:
    told = CliRunner().invoke(cli, ["host", "--tune", "--model", str(MODEL), "--workers", "2"])
    assert told.exit_code == 0, told.output
    head, *lines, last = told.stdout.splitlines()
    assert head.split("  ")[0] == "workers"
    tried = [tuple(map(int, line.split()[:3])) for line in lines]
    (kept,) = json.loads((tmp_path / FILE_NAME).read_text()).values()
    assert (kept["workers"], kept["threads"], kept["batch"]) in tried
    assert "workers {workers}, threads each {threads}, windows at once {batch} ".format(**kept) in last
    ear = WhisperEar(str(MODEL))
    ear.close()
    assert len(ear._workers) == kept["workers"]


def test_a_scripted_ear_has_nothing_to_measure() -> None:
    told = CliRunner().invoke(cli, ["host", "--tune", "--ear", "scripted"])
    assert told.exit_code == 2
    assert "--tune measures the recogniser" in told.output
