from __future__ import annotations

import json
from pathlib import Path

import pytest
from runs import finish, noise, start, transcribe


def test_outputs_are_made_again_as_each_file_had_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    noise(tmp_path / "in" / "a.wav", seconds=4)
    formats = ("--format", "json", "--format", "vtt", "--to", "de")
    first = transcribe(tmp_path / "in", out, *formats, values=("translation.bilingual=true",))
    before = {path.name: path.read_bytes() for path in out.glob("a.*")}
    for path in out.glob("a.*"):
        path.unlink()

    assert finish(start("render", out), out).out == "4 outputs of 1 files written\n"
    assert first.code == 0
    assert {path.name: path.read_bytes() for path in out.glob("a.*")} == before
    assert set(before) == {"a.json", "a.vtt", "a.de.vtt", "a.en+de.vtt"}
    assert finish(start("verify", out), out).code == 0


def test_a_manifest_that_is_none_is_left_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    noise(tmp_path / "in" / "a.wav")
    transcribe(tmp_path / "in", out)
    (out / "manifest.json").write_text(json.dumps([1, 2]))

    assert finish(start("render", out), out).code == 0
    assert (out / "manifest.json").read_text() == "[1, 2]"


@pytest.mark.parametrize("asked", [("--format", "srt", "--format", "tsv"), ("--set", "output.formats=[srt, tsv]")])
def test_formats_can_be_asked_for_as_an_option_or_as_a_setting(tmp_path: Path, asked: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    noise(tmp_path / "in" / "a.wav")
    transcribe(tmp_path / "in", out, "--format", "json")

    assert finish(start("render", out, *asked), out).out == "2 outputs of 1 files written\n"
    assert {path.name for path in out.glob("a.*")} == {"a.json", "a.srt", "a.tsv"}
    refused = finish(start("render", out, "--format", "doc"), out)
    assert (refused.code, "output.formats" in refused.err + refused.out) == (2, True)
