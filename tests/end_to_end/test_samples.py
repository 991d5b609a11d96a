"""The main job: the samples, the real command, the real SDK, the real model."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jiwer
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = list(csv.DictReader((ROOT / "data" / "samples.csv").open(encoding="utf-8")))
HANG_S = 300


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quickstart, as `make run` runs it, into a folder of the test's own."""
    folder = tmp_path_factory.mktemp("quickstart") / "out"
    quickstart(folder)
    return folder


def quickstart(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", "run", str(ROOT / "configs" / "quickstart.yaml")]
    done = subprocess.run(
        [*command, "--set", f"output.folder={folder}"], capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def transcript(out: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / name).with_suffix(".json").read_text(encoding="utf-8"))
    return content


def words(text: str) -> str:
    return re.sub(r"[^\w\s]", "", text.casefold())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["path"])
def test_each_sample_is_understood_in_its_language(out: Path, sample: dict[str, str]) -> None:
    found = transcript(out, sample["path"])
    # A robot's voice, heard by a small model, with numbers spelt either way: most words, not all.
    assert jiwer.wer(words(sample["text"]), words(found["text"])) <= 0.35
    assert found["languages"] == [sample["language"]]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["path"])
def test_each_sample_has_all_its_outputs_and_a_passing_proof(out: Path, sample: dict[str, str]) -> None:
    stem = (out / sample["path"]).with_suffix("")
    assert all(stem.with_name(stem.name + suffix).stat().st_size > 0 for suffix in (".json", ".srt", ".vtt", ".txt"))
    assert transcript(out, sample["path"])["coverage"]["verdict"] == "pass"


def test_words_have_times_in_order_within_their_recording(out: Path) -> None:
    found = transcript(out, "interview.ogg")
    spoken = [word for segment in found["segments"] for word in segment["words"]]
    assert len(spoken) > 150
    assert all(word["start_ms"] <= word["end_ms"] <= found["source"]["duration_ms"] + 100 for word in spoken)
    starts = [word["start_ms"] for word in spoken]
    assert starts == sorted(starts)


def test_a_video_whose_sound_begins_late_has_late_cues(out: Path) -> None:
    found = transcript(out, "video/late sound.mp4")
    assert found["source"]["has_video"] is True
    assert found["segments"][0]["start_ms"] >= 1_900


def test_the_manifest_lists_every_sample_with_the_hashes_of_its_outputs(out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["source"] for entry in manifest["files"]] == sorted(sample["path"] for sample in SAMPLES)
    verified = subprocess.run([sys.executable, "-m", "pipeline", "verify", str(out)], capture_output=True, text=True)
    assert verified.stdout == f"{4 * len(SAMPLES)} outputs checked, 0 faulty\n"


def test_a_second_run_does_nothing_and_lists_everything(out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.srt")}
    done = quickstart(out)
    assert f"{len(SAMPLES)} skipped" in done.stdout
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {(entry["status"], entry["reason"]) for entry in manifest["files"]} == {("skipped", "unchanged")}
    assert all(len(entry["outputs"]) == 4 for entry in manifest["files"])
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.srt")} == before


def test_a_changed_subtitle_setting_is_rendered_without_the_service(out: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "render", str(out), "--set", "subtitles.max_line_chars=20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.stdout == f"{4 * len(SAMPLES)} outputs of {len(SAMPLES)} files written\n"
    lines = (out / "interview.srt").read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines if "-->" not in line) <= 20
