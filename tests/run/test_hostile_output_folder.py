"""Somebody else may write into the output folder too: nothing outside it is touched, and nothing in it hangs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from runs import noise, transcribe

from pipeline.errors import OutputError, UsageError
from pipeline.files import TEMP_PREFIX
from pipeline.run.runner import locked
from pipeline.run.status import open_ledger
from pipeline.run.verify import verify


def manifest(folder: Path, *outputs: object) -> Path:
    content = {"schema": "speech-pipeline/manifest/1", "files": [{"source": "a.wav", "outputs": list(outputs)}]}
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    "name", [".speech-pipeline", ".speech-pipeline/scratch", ".speech-pipeline/ledger.sqlite", "runs"]
)
def test_a_link_that_leads_out_stops_a_run_before_it_writes(tmp_path: Path, name: str) -> None:
    elsewhere, output = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    (output / name).parent.mkdir(parents=True)
    (output / name).symlink_to(elsewhere)

    with pytest.raises(OutputError, match="outside the output folder"), locked(output):
        pass
    assert list(elsewhere.iterdir()) == []


def test_a_ledger_that_is_a_link_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "mail.sqlite").write_bytes(b"")
    (tmp_path / "out" / ".speech-pipeline").mkdir(parents=True)
    (tmp_path / "out" / ".speech-pipeline" / "ledger.sqlite").symlink_to(tmp_path / "mail.sqlite")

    with pytest.raises(OutputError, match="outside the output folder"):
        open_ledger(tmp_path / "out")
    assert (tmp_path / "mail.sqlite").read_bytes() == b""


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("../secret", "outside"),
        ("/etc/passwd", "outside"),
        ("a\0b", "outside"),
        ("link", "outside"),
        ("circle", {"outside", "unreadable", "missing"}),
        ("pipe", "unreadable"),
        ("folder", "unreadable"),
        ("gone", "missing"),
        ("x" * 5000, {"missing", "unreadable"}),
    ],
)
def test_a_manifest_cannot_lead_anywhere_else(tmp_path: Path, path: str, fault: str | set[str]) -> None:
    (tmp_path / "secret").write_text("s")
    output = tmp_path / "out"
    (output / "folder").mkdir(parents=True)
    (output / "link").symlink_to(tmp_path / "secret")
    (output / "circle").symlink_to(output / "circle")
    os.mkfifo(output / "pipe")

    (checked,) = verify(manifest(output, {"path": path, "sha256": "0"}))

    assert checked.fault == fault or checked.fault in fault


@pytest.mark.parametrize("output", [{}, "a", 5, None, {"path": "a"}, {"sha256": "0"}])
def test_what_is_no_manifest_is_called_so(tmp_path: Path, output: object) -> None:
    with pytest.raises(UsageError, match="is not a manifest"):
        list(verify(manifest(tmp_path, output)))


def test_what_a_killed_run_had_begun_to_write_is_gone_after_the_next(tmp_path: Path) -> None:
    noise(tmp_path / "in" / "a.wav")
    first = transcribe(tmp_path / "in", tmp_path / "out")
    half = tmp_path / "out" / f"{TEMP_PREFIX}abc"
    half.write_text("half a transc")
    ledger = open_ledger(tmp_path / "out")
    ledger.begin_run("killed", "2999-01-01T00:00:00Z", "x")
    ledger.close()

    assert (first.code, transcribe(tmp_path / "in", tmp_path / "out").code) == (0, 0)
    assert not half.exists()
