"""What does the manifest say, and is it JSON whatever the names are?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import pipeline.writers
from pipeline.errors import UsageError
from pipeline.files import sha256_of
from pipeline.run import entries, manifest
from pipeline.run.ledger import Identity, Ledger
from pipeline.run.verify import verify
from pipeline.values import Done, Failed, Fault, Output

SCHEMA = json.loads((Path(pipeline.writers.__file__).parent / "schemas" / "manifest-1.json").read_text())
RUN = {
    "id": "20260101T000000-abc",
    "started_at": "2026-01-01T00:00:00.000Z",
    "ended_at": "2026-01-01T00:00:01.000Z",
    "pipeline": "0.1.0",
    "sdk": "1.53.0",
    "settings": "key",
    "exit_code": 1,
}
TOTALS = {"files": 0, "done": 0, "failed": 0, "skipped": 0, "audio_ms": 0, "took_s": 0.1, "speed": 0.0}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "state")
    yield opened
    opened.close()


def done(name: str, *outputs: Output) -> str:
    return entries.of_done(Done(name, 61234, 4.2, 1, 17, outputs, details={"tried": []}))


def failed(name: str) -> str:
    fault = Fault("audio-undecodable", "convert", "no", False, "exclude it")
    return entries.of_failed(Failed(name, fault, 2, tried=(fault, fault)))


def record(ledger: Ledger, name: str, status: str, entry: str, run_id: str = str(RUN["id"])) -> None:
    ledger.record(Identity(name, name, 1, 1, "sha", "r", "o"), status, entry, run_id)


def written(output: Path, ledger: Ledger, left_alone: dict[str, str] | None = None) -> dict[str, Any]:
    latest, kept = manifest.write(output, RUN, TOTALS, ledger, left_alone or {})
    assert latest == output / "manifest.json"
    assert kept == output / "runs" / str(RUN["id"]) / "manifest.json"
    assert latest.read_bytes() == kept.read_bytes()
    content: dict[str, Any] = json.loads(latest.read_bytes())
    jsonschema.validate(content, SCHEMA)
    return content


def test_a_run_without_files_has_a_manifest(tmp_path: Path, ledger: Ledger) -> None:
    assert written(tmp_path, ledger) == {
        "schema": "speech-pipeline/manifest/1",
        "run": RUN,
        "totals": TOTALS,
        "files": [],
    }


def test_every_file_is_listed_by_name_with_what_became_of_it(tmp_path: Path, ledger: Ledger) -> None:
    output = Output("b.json", "0" * 64, 1)
    record(ledger, "b.wav", "done", done("b.wav", output))
    record(ledger, "d.wav", "failed", failed("d.wav"))
    record(ledger, "a.wav", "done", done("a.wav", output), run_id="an earlier run")
    left_alone = {"a.wav": "unchanged", "c.wav": "limit", "e.wav": "pending", "f.wav": "excluded"}
    files = written(tmp_path, ledger, left_alone)["files"]
    assert [(file["source"], file["status"], file["reason"]) for file in files] == [
        ("a.wav", "skipped", "unchanged"),
        ("b.wav", "done", None),
        ("c.wav", "skipped", "limit"),
        ("d.wav", "failed", None),
        ("e.wav", "pending", None),
        ("f.wav", "skipped", "excluded"),
    ]
    assert files[0]["outputs"] == files[1]["outputs"] == [{"path": "b.json", "sha256": "0" * 64, "bytes": 1}]
    assert files[3]["error"]["code"] == "audio-undecodable"
    assert len(files[3]["tried"]) == 2


def test_what_earlier_runs_knew_and_this_one_did_not_ask_for_is_not_listed(tmp_path: Path, ledger: Ledger) -> None:
    record(ledger, "gone.wav", "done", done("gone.wav"), run_id="an earlier run")
    assert written(tmp_path, ledger)["files"] == []


@pytest.mark.parametrize(
    "name", ['q"uote', "new\nline", "Grüße 🎙", "back\\slash", '", "status": "done", "reason": null, "']
)
def test_any_name_is_told_as_it_is(tmp_path: Path, ledger: Ledger, name: str) -> None:
    record(ledger, name, "done", done(name), run_id="an earlier run")
    (file,) = written(tmp_path, ledger, {name: "unchanged"})["files"]
    assert (file["source"], file["status"], file["reason"]) == (name, "skipped", "unchanged")


def test_a_large_manifest_is_one_json_text_across_its_blocks(tmp_path: Path, ledger: Ledger) -> None:
    names = [f"{number:05}.wav" for number in range(1501)]
    for name in names:
        record(ledger, name, "done", done(name))
    assert [file["source"] for file in written(tmp_path, ledger)["files"]] == names


def test_a_verified_folder_tells_what_became_of_each_output(tmp_path: Path, ledger: Ledger) -> None:
    for name in ("sound", "changed", "missing"):
        (tmp_path / f"{name}.txt").write_text(name)
        entry = done(f"{name}.wav", Output(f"{name}.txt", sha256_of(tmp_path / f"{name}.txt"), 1))
        record(ledger, f"{name}.wav", "done", entry)
    record(ledger, "outside.wav", "done", done("outside.wav", Output("../outside.txt", "0" * 64, 1)))
    written(tmp_path, ledger)
    (tmp_path / "changed.txt").write_text("something else")
    (tmp_path / "missing.txt").unlink()
    assert {checked.path: checked.fault for checked in verify(tmp_path)} == {
        "sound.txt": None,
        "changed.txt": "changed",
        "missing.txt": "missing",
        "../outside.txt": "outside",
    }


@pytest.mark.parametrize("content", [None, "no JSON", "[]", '{"files": [{}]}'])
def test_a_folder_without_a_manifest_cannot_be_verified(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UsageError, match=r"manifest\.json"):
        list(verify(tmp_path))
