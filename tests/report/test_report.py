"""The report of a run, made from what the run left; every name and text in it may be hostile."""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.report.manifest import history, summarise
from pipeline.report.page import clock, link, render, visible, write_report

HOSTILE = "<script>alert('&amp;')</script>\"'>\u202e\x1b[31m.mp3"


class Page(HTMLParser):
    """The tags, addresses and text of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attributes}
        self.addresses += [value or "" for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.said += data


def entry(source: str, **more: Any) -> dict[str, Any]:
    stem = source.rpartition(".")[0]
    outputs = [{"path": f"{stem}.{suffix}", "sha256": "0" * 64, "bytes": 1} for suffix in ("json", "srt", "de.srt")]
    return {
        "source": source,
        "status": "done",
        "reason": None,
        "error": None,
        "attempts": 1,
        "audio_ms": 61_000,
        "took_s": 6.1,
        "segments": 3,
        "languages": ["en-US"],
        "coverage": "pass",
        "warnings": [],
        "outputs": outputs,
        **more,
    }


def failed(source: str, message: str, hint: str | None = "copy it again") -> dict[str, Any]:
    error = {"code": "audio-empty", "stage": "convert", "message": message, "retryable": False, "hint": hint}
    return {"source": source, "status": "failed", "error": error, "attempts": 2, "outputs": []}


def manifest(*files: dict[str, Any], **run: Any) -> dict[str, Any]:
    done = sum(file["status"] == "done" for file in files)
    about = {"id": "20260101T000000-abc", "started_at": "2026-01-01T00:00:00.000Z", "ended_at": None}
    return {
        "schema": "speech-pipeline/manifest/1",
        "run": {**about, "pipeline": "0.1.0", "sdk": "1.53.0", "settings": "x", "exit_code": 1, **run},
        "totals": {
            "files": len(files),
            "done": done,
            "failed": len(files) - done,
            "skipped": 0,
            "audio_ms": 61_000,
            "took_s": 6.1,
            "speed": 10.0,
        },
        "files": list(files),
    }


def written(folder: Path, content: dict[str, Any], indent: int | None = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(content, indent=indent))
    return folder


def page(folder: Path) -> Page:
    return Page(render(folder, summarise(folder), history(folder)))


def test_a_page_shows_totals_files_errors_and_what_to_do(tmp_path: Path) -> None:
    good = entry("a/talk.mp4", warnings=["the file is cut short"])
    found = page(written(tmp_path, manifest(good, failed("bad.wav", "the file is empty"))))
    for words in (
        "Some files failed",
        "0:01:01",
        "10.0×",
        "audio-empty: the file is empty",
        "Next: copy it again",
        "the file is cut short",
        "account for all their speech",
        "en-US (1)",
        "2026-01-01 00:00 UTC",
    ):
        assert words in found.said
    assert found.addresses == ["./a/talk.json", "./a/talk.srt", "./a/talk.de.srt"]
    assert found.said.index("bad.wav") < found.said.index("a/talk.mp4")


def test_hostile_names_and_texts_stay_text(tmp_path: Path) -> None:
    file = entry(HOSTILE, warnings=[HOSTILE], languages=[HOSTILE], coverage=HOSTILE, status=HOSTILE)
    bad = failed(HOSTILE, HOSTILE, HOSTILE)
    (tmp_path / "talk.json").write_text(
        json.dumps({"text": HOSTILE, "translations": {HOSTILE: HOSTILE}, "coverage": {"gaps": []}})
    )
    text = entry("talk.mp4")
    content = manifest(file, bad, text, id=HOSTILE, started_at=HOSTILE, sdk=HOSTILE, pipeline=HOSTILE)
    folder = written(tmp_path, content)
    raw = render(folder, summarise(folder), [])
    found = Page(raw)
    assert "script" not in found.tags
    assert not {name for name in found.attributes if name.startswith("on")}
    assert "<script>alert('&amp;')</script>" in found.said
    assert "\u202e" not in raw and "\x1b" not in raw
    assert all(address.startswith("./") for address in found.addresses)


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    raw = render(tmp_path, summarise(written(tmp_path, manifest(entry("talk.mp4")))), [])
    assert not set(Page(raw).tags) & {"script", "link", "img", "iframe", "object", "form"}
    assert "http:" not in raw and "https:" not in raw and "url(" not in raw
    assert "default-src 'none'" in raw


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("a b/ü#1?.srt", "./a%20b/%C3%BC%231%3F.srt"),
        ("javascript:alert(1).srt", "./javascript%3Aalert%281%29.srt"),
        ("caf%E9.json", "./caf%25E9.json"),
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
        ("a/..\\..\\b", None),
    ],
)
def test_an_output_is_linked_by_a_path_below_the_page(path: str, address: str | None) -> None:
    assert link(path) == address


def test_a_transcript_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text(json.dumps({"text": "a secret"}))
    outside = entry("talk.mp4", outputs=[{"path": "../secret.json", "sha256": "0" * 64, "bytes": 1}])
    assert "a secret" not in page(written(tmp_path / "out", manifest(outside))).said


def test_a_link_or_a_pipe_in_the_place_of_a_transcript_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text(json.dumps({"text": "a secret"}))
    folder = written(tmp_path / "out", manifest(entry("talk.mp4"), entry("pipe.mp4")))
    (folder / "talk.json").symlink_to(tmp_path / "secret.json")
    os.mkfifo(folder / "pipe.json")

    assert "a secret" not in page(folder).said


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        json.dumps({"coverage": [1], "translations": ["de"], "text": ["x"]}),
        json.dumps({"coverage": {"gaps": [1, {"start_ms": "x"}, {}]}}),
    ],
    ids=["deep", "lists", "gaps"],
)
def test_a_transcript_of_another_form_leaves_its_row(tmp_path: Path, content: str) -> None:
    (tmp_path / "talk.json").write_text(content)

    assert "talk.mp4" in page(written(tmp_path, manifest(entry("talk.mp4")))).said


@pytest.mark.parametrize("missing", ["outputs", "source"])
def test_an_entry_that_lacks_what_every_entry_has_is_no_manifest(tmp_path: Path, missing: str) -> None:
    broken = {name: value for name, value in entry("talk.mp4").items() if name != missing}

    with pytest.raises(UsageError):
        write_report(written(tmp_path, manifest(broken)))


def test_texts_translations_and_gaps_come_from_the_transcript(tmp_path: Path) -> None:
    content = {"text": "Good morning.", "translations": {"de": "Guten Morgen."}}
    gaps = {"coverage": {"verdict": "fail", "gaps": [{"start_ms": 1000, "end_ms": 13_500}]}}
    (tmp_path / "talk.json").write_text(json.dumps({**content, **gaps}))
    said = page(written(tmp_path, manifest(entry("talk.mp4", coverage="fail")))).said
    for words in ("Good morning.", "Guten Morgen.", "1.0 s to 13.5 s", "have speech without text"):
        assert words in said


def test_what_could_not_be_proved_is_said(tmp_path: Path) -> None:
    file = entry("talk.mp3", coverage=None, unproved="audio.input: compressed")
    assert "not proved" in page(written(tmp_path, manifest(file))).said


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
def test_a_long_manifest_is_counted_in_full_and_shown_in_part(indent: int | None, tmp_path: Path) -> None:
    many = [entry(f"{number:04}.wav") for number in range(30)]
    folder = written(tmp_path, manifest(*many, failed("z.wav", "no")), indent)
    summary = summarise(folder, most=5)
    assert (summary.count, summary.left_out, summary.coverage["pass"]) == (31, 26, 30)
    assert [file["source"] for file in summary.files] == ["z.wav", "0000.wav", "0001.wav", "0002.wav", "0003.wav"]
    assert "26 more files are in" in Page(render(folder, summary, [])).said


def test_the_runs_of_a_folder_are_shown_with_their_speed(tmp_path: Path) -> None:
    folder = written(tmp_path, manifest(entry("talk.mp4")))
    for number in (1, 2):
        written(tmp_path / "runs" / f"2026010{number}", manifest(entry("talk.mp4"), id=str(number)))
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "manifest.json").write_text("{")
    assert [past.run["id"] for past in history(folder)] == ["1", "2"]
    assert "Runs of this folder" in page(folder).said


@pytest.mark.parametrize(
    "content", [None, "", "{}", "[]", '{"schema": "other/1", "run": {}, "totals": {}, "files": []}']
)
def test_a_folder_without_a_manifest_is_a_wrong_folder(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UsageError):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_a_run_in_which_nothing_was_to_do_has_a_page(tmp_path: Path) -> None:
    assert "There was nothing to do." in page(written(tmp_path, manifest(exit_code=0))).said


def test_the_report_lies_in_the_folder_whole(tmp_path: Path) -> None:
    path = write_report(written(tmp_path, manifest(entry("talk.mp4"))))
    assert (path, sorted(p.name for p in tmp_path.iterdir())) == (
        tmp_path / "report.html",
        ["manifest.json", "report.html"],
    )
    assert path.read_text().rstrip().endswith("</html>")


def test_times_and_characters_are_for_people() -> None:
    assert [clock(ms) for ms in (0, 4_210, 61_000, 3_723_000)] == ["0.0 s", "4.2 s", "0:01:01", "1:02:03"]
    assert visible("a\tb\u202ec\x00") == "a\\tb\\u202ec\\x00"
