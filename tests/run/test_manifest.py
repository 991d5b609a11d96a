from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from runs import noise, transcribe

SCHEMA = Path(__file__).parents[2] / "pipeline" / "writers" / "schemas" / "manifest-1.json"


def test_what_no_subtitle_could_keep_to_is_in_the_manifest(tmp_path: Path) -> None:
    noise(tmp_path / "in" / "a.wav", seconds=4)
    (tmp_path / "in" / "bad.wav").write_bytes(b"")
    ended = transcribe(tmp_path / "in", tmp_path / "out", values=("subtitles.max_cps=1",))
    found = ended.entries["a.wav"]["subtitle_findings"]

    jsonschema.validate(ended.manifest, json.loads(SCHEMA.read_text()))
    assert found["count"] == len(found["first"]) > 0
    assert {one["rule"] for one in found["first"]} == {"reading-speed"}
    assert "subtitle_findings" not in transcribe(tmp_path / "in", tmp_path / "other").entries["a.wav"]
