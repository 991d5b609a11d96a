"""Does the lint find what is wrong, only that, and mend it without touching a word?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli.lint import command
from pipeline.config.schema import SubtitleSettings
from pipeline.errors import UsageError
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.finding import Finding, as_github, as_json, as_text
from pipeline.subtitles.language_of import languages_of
from pipeline.subtitles.lint import check
from pipeline.subtitles.lint_files import lint_file, subtitle_files
from pipeline.subtitles.parse import NotSubtitles, parse
from pipeline.subtitles.profiles import profile_for
from pipeline.subtitles.repair import lint, repaired

NETFLIX = profile_for(SubtitleSettings(), "en")
GOOD = "1\n00:00:01,000 --> 00:00:02,500\nHello there.\n\n2\n00:00:04,000 --> 00:00:06,000\nGood bye.\n"


def rules(text: str | bytes, name: str = "x.srt", language: str = "en", **more: object) -> list[tuple[str, int, bool]]:
    data = text.encode() if isinstance(text, str) else text
    profile = profile_for(SubtitleSettings(**more), language)  # type: ignore[arg-type]
    return [(one.rule, one.line, one.fixable) for one in lint(parse(data, name), profile)]


def mended(text: str | bytes, name: str = "x.srt") -> str:
    data = text.encode() if isinstance(text, str) else text
    return repaired(parse(data, name), NETFLIX).render()


def test_a_good_file_has_no_findings() -> None:
    assert rules(GOOD) == []
    assert rules("WEBVTT\n\n00:01.000 --> 00:02.500 align:start\n<i>Hi</i> &amp; bye\n", "x.vtt") == []


LONG = "a word " * 8 + "end."


@pytest.mark.parametrize(
    ("cues", "found"),
    [
        ([Cue(0, 2000, ("Fine.",))], []),
        ([Cue(0, 2000, ())], ["empty"]),
        ([Cue(0, 6000, ("x" * 43,))], ["line-length"]),
        ([Cue(0, 6000, ("x" * 42,))], []),
        ([Cue(0, 5000, ("a" * 20, "b" * 20, "c" * 20))], ["line-count"]),
        ([Cue(0, 832, ("Hi.",))], ["min-duration"]),
        ([Cue(0, 833, ("Hi.",))], []),
        ([Cue(0, 7001, ("Hi.",))], ["max-duration"]),
        ([Cue(0, 1000, ("Twenty-one characters",))], ["reading-speed"]),
        ([Cue(0, 1000, ("Twenty characters ok",))], []),
        ([Cue(1000, 1000, ("Hi.",))], ["negative"]),
        ([Cue(2000, 1000, ("Hi.",))], ["negative"]),
        ([Cue(0, 1000, ("Hi.",)), Cue(900, 2000, ("Ho.",))], ["overlap"]),
        ([Cue(0, 1000, ("Hi.",)), Cue(1082, 2000, ("Ho.",))], ["gap"]),
        ([Cue(0, 1000, ("Hi.",)), Cue(1083, 2000, ("Ho.",))], []),
        ([Cue(0, 1000, ("Hi.",)), Cue(1084, 2000, ("Ho.",))], []),
        ([Cue(0, 1000, ("Hi.",)), Cue(1300, 2300, ("Ho.",))], ["open-gap"]),
        ([Cue(0, 1000, ("Hi.",)), Cue(1500, 2500, ("Ho.",))], []),
        ([Cue(5000, 6000, ("Hi.",)), Cue(1000, 2000, ("Ho.",))], ["order"]),
        ([Cue(0, 2000, ("Short", "text."))], ["one-line"]),
        ([Cue(0, 2000, ("- Short", "- text."))], []),
        ([Cue(0, 5000, ("We walked along the river and saw the", "old house near the bridge."))], ["line-break"]),
        ([Cue(0, 5000, ("We walked along the river", "and saw the old house near the bridge."))], []),
    ],
)
def test_each_rule_of_the_profile(cues: list[Cue], found: list[str]) -> None:
    assert [one.rule for one in check(cues, NETFLIX)] == found


def test_the_bbc_counts_words_a_minute() -> None:
    bbc = profile_for(SubtitleSettings(profile="bbc"), "en")
    (one,) = check([Cue(0, 1000, ("one two three four",))], bbc)
    assert one.message == "240 words a minute, at most 180"


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [("あ" * 23, "ja", []), ("あ" * 24, "ja", ["line-length"]), ("a" * 46, "ja", []),
     ("字" * 17, "zh", ["line-length"]), ("字" * 21, "en", []), ("字" * 22, "en", ["line-length"]),
     ("กี้" * 35, "th", [])],
)  # fmt: skip
def test_width_is_counted_as_each_script_is(text: str, language: str, found: list[str]) -> None:
    profile = profile_for(SubtitleSettings(max_cps=1000), language)
    assert [one.rule for one in check([Cue(0, 6000, (text,))], profile)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\ufeff" + GOOD, [("bom", 1, True)]),
        (GOOD.replace("\n", "\r\n"), [("line-endings", 1, True)]),
        (GOOD.replace("\n", "\r"), [("line-endings", 1, True)]),
        (GOOD.encode("utf-16"), [("encoding", 1, True)]),
        (GOOD.replace("there", "thére").encode("cp1252"), [("encoding", 3, False)]),
        (GOOD.replace("2\n00", "7\n00"), [("number", 5, True)]),
        (GOOD.replace("2\n00", "00"), [("number", 5, True)]),
        (GOOD.replace(",500", ".500"), [("time-format", 2, True)]),
        (GOOD.replace("00:00:06,000", "0:00:06,0"), [("time-format", 6, True)]),
        (GOOD.replace("Hello there.", "Hello\n\nthere."), [("blank-line", 2, True), ("one-line", 2, True)]),
        (GOOD.replace("there.\n\n", "there.\n"), [("blank-line", 3, True)]),
        (GOOD.replace("Hello there.", ""), [("empty", 2, True)]),
        (GOOD.replace("00:00:02,500", "00:00:00,500"), [("negative", 2, True)]),
        (GOOD.replace("00:00:06,000", "six"), [("time-format", 6, False)]),
        ("credits\n\n" + GOOD, [("stray-text", 1, False)]),
        (GOOD.replace("--> 00:00:06", "-> 00:00:06"), [("time-format", 6, False)]),
    ],
)  # fmt: skip
def test_faults_of_form_in_srt(text: str | bytes, found: list[tuple[str, int, bool]]) -> None:
    assert rules(text) == found


VTT = (
    "WEBVTT\n\n1\n00:01.000 --> 00:02.500\nHello there.\n\nNOTE a remark\n\n00:00:04.000 --> 00:00:06.000\nGood bye.\n"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (VTT, []),
        (VTT.replace("WEBVTT\n\n", ""), [("header", 1, True)]),
        (VTT.replace("there.", "& there."), [("escape", 5, True)]),
        (VTT.replace("there.", "< there."), [("escape", 5, True)]),
        (VTT.replace("there.", "--> there."), [("escape", 5, True)]),
        (VTT.replace("there.", "&nbsp;<b>there</b>."), []),
        (VTT.replace("02.500", "02,500"), [("time-format", 4, True)]),
        (VTT.replace("Good bye.", "Good\n\nbye."), [("one-line", 9, True), ("blank-line", 12, True)]),
        (VTT.replace("00:00:06.000", "soon"), [("time-format", 9, False)]),
    ],
)
def test_faults_of_form_in_webvtt(text: str, found: list[tuple[str, int, bool]]) -> None:
    assert rules(text, "x.vtt") == found


@pytest.mark.parametrize(("data", "name"), [(b"", "x.bin"), (b"just text", "x"), (b"\x00\x01\x02", "x.srt")])
def test_what_is_no_subtitle_file_is_refused(data: bytes, name: str) -> None:
    with pytest.raises(NotSubtitles):
        parse(data, name)


def test_the_first_line_tells_what_the_name_does_not() -> None:
    assert parse(b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "x.txt").kind == "vtt"
    assert parse(GOOD.encode(), "x").kind == "srt"


# Repair


def test_a_bad_file_is_mended_to_exactly_this() -> None:
    bad = (
        "\ufeff1\r\n00:00:01.000 --> 00:00:04,000\r\n"
        "<i>Hello there my friend how are you doing today</i> in the rain\r\n"
        "\r\n9\r\n00:00:03,900 --> 00:00:03,000\r\nYes\r\n\r\n\r\n00:00:06,000 --> 00:00:20,000\r\n \r\nNo\r\nway\r\n"
    )
    assert mended(bad) == (
        "1\n00:00:01,000 --> 00:00:03,817\n<i>Hello there my friend how\nare you doing today</i> in the rain\n\n"
        "2\n00:00:03,900 --> 00:00:04,733\nYes\n\n"
        "3\n00:00:06,000 --> 00:00:13,000\nNo way\n"
    )


def test_webvtt_keeps_its_header_styles_notes_settings_and_tags() -> None:
    bad = (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:01.200 align:start\n"
        "<v Bob Smith>Tom & Jerry\n\nNOTE last\n"
    )
    assert mended(bad, "x.vtt") == (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nintro\n"
        "00:00:01.000 --> 00:00:01.833 align:start\n<v Bob Smith>Tom &amp; Jerry\n\nNOTE last\n"
    )


def test_a_note_above_an_empty_cue_is_kept() -> None:
    text = "WEBVTT\n\nNOTE one\n\n00:01.000 --> 00:02.000\n\n\nNOTE two\n\n00:03.000 --> 00:04.000\nHi\n"
    assert mended(text, "x.vtt") == "WEBVTT\n\nNOTE one\n\nNOTE two\n\n00:00:03.000 --> 00:00:04.000\nHi\n"


def test_two_speakers_keep_their_lines() -> None:
    text = "1\n00:00:01,000 --> 00:00:01,400\n- Hi.\n- Ho.\n"
    assert mended(text) == "1\n00:00:01,000 --> 00:00:01,833\n- Hi.\n- Ho.\n"


WORDS = st.lists(st.text("abcd <>i/&é", min_size=1, max_size=9), min_size=0, max_size=14).map(" ".join)
TIMES = st.integers(0, 20_000)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TIMES, TIMES, WORDS), max_size=6), st.sampled_from(["srt", "vtt"]))
def test_repair_touches_no_word_and_what_it_calls_fixable_is_fixed(cues: list[tuple[int, int, str]], kind: str) -> None:
    blocks = ["WEBVTT\n"] if kind == "vtt" else []
    for start, end, text in cues:
        times = f"00:00:{start // 1000:02}.{start % 1000:03} --> 00:00:{end // 1000:02}.{end % 1000:03}"
        blocks.append(f"{times}\n{text}\n")
    document = parse("\n".join(blocks).encode(), f"x.{kind}")
    findings = lint(document, NETFLIX)
    text = repaired(document, NETFLIX).render()
    again = parse(text.encode(), f"x.{kind}")
    assert again.findings == ()
    assert again.render() == text
    before = sorted(word for cue in document.cues for word in " ".join(cue.lines).split())
    assert sorted(word for cue in again.cues for word in " ".join(cue.lines).split()) == before
    left = [one.rule for one in lint(again, NETFLIX) if one.rule != "reading-speed"]
    assert sorted(left) == sorted(one.rule for one in findings if not one.fixable and one.rule != "reading-speed")
    assert repaired(again, NETFLIX).render() == text


# Print


FOUND = [("a,b.srt", (Finding("gap", 3, 12, "10% short", True), Finding("bom", 0, 1, "begins with a byte order mark")))]


def test_text_names_file_line_and_cue() -> None:
    assert as_text(FOUND) == (
        "a,b.srt:12: cue 3: gap: 10% short [fixable]\na,b.srt:1: bom: begins with a byte order mark\n"
        "2 findings in 1 file, 1 fixable"
    )


def test_github_gets_annotations() -> None:
    assert as_github(FOUND).splitlines()[0] == "::warning file=a%2Cb.srt,line=12,title=gap::10%25 short"


def test_json_has_every_fact() -> None:
    assert json.loads(as_json(FOUND))[0] == {
        "file": "a,b.srt", "rule": "gap", "cue": 3, "line": 12, "message": "10% short", "fixable": True,
    }  # fmt: skip


# Files


@pytest.mark.parametrize(
    ("name", "languages"),
    [("talk.srt", ("en",)), ("talk.de.srt", ("de",)), ("talk.pt-BR.vtt", ("pt-BR",)), ("talk.en+de.srt", ("en", "de")),
     ("talk.wav.srt", ("en",)), ("a.b.c.srt", ("en",))],
)  # fmt: skip
def test_the_name_tells_the_language(name: str, languages: tuple[str, ...], tmp_path: Path) -> None:
    assert languages_of(tmp_path / name) == languages


def test_the_transcript_beside_it_tells_the_language(tmp_path: Path) -> None:
    segments = [{"language": "ja-JP"}, {"language": "ja-JP"}, {"language": "en-US"}]
    (tmp_path / "talk.json").write_text(json.dumps({"languages": ["en-US", "ja-JP"], "segments": segments}))
    assert languages_of(tmp_path / "talk.srt") == ("ja-JP",)


def test_a_folder_stands_for_its_subtitles(tmp_path: Path) -> None:
    for name in ("b.vtt", "a.srt", "deep/c.SRT", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.name for path in subtitle_files([tmp_path])] == ["a.srt", "b.vtt", "c.SRT"]
    with pytest.raises(UsageError, match="no such file"):
        list(subtitle_files([tmp_path / "gone.srt"]))


def test_a_file_of_unknown_encoding_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "x.srt"
    data = GOOD.replace("there", "thére").replace(",500", ".500").encode("cp1252")
    path.write_bytes(data)
    assert [one.rule for one in lint_file(path, SubtitleSettings(), fix=True)] == ["time-format", "encoding"]
    assert path.read_bytes() == data
    assert lint_file(path, SubtitleSettings(), encoding="cp1252", fix=True) == ()
    assert path.read_text(encoding="utf-8") == GOOD.replace("there", "thére")


@pytest.mark.parametrize(
    ("text", "options", "code", "said"),
    [
        (GOOD, [], 0, "0 findings in 1 file, 0 fixable"),
        (GOOD.replace(",500", ".500"), [], 1, "time-format"),
        (GOOD.replace(",500", ".500"), ["--fix"], 0, "0 findings"),
        (GOOD, ["--profile", "bbc", "--set", "subtitles.max_wpm=50"], 1, "words a minute, at most 50"),
        (GOOD, ["--format", "json"], 0, "[]"),
        ("no subtitles", [], 0, "0 findings"),
    ],
)
def test_the_command(text: str, options: list[str], code: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.srt"
    path.write_text(text)
    if text == "no subtitles":
        path = path.rename(tmp_path / "x.bin")
        code, said = 1, "unreadable"
    done = CliRunner().invoke(command, [str(path), *options], standalone_mode=False)
    assert (done.return_value, said in done.output) == (code, True), done.output


def test_no_time_goes_back_in_any_finding_order() -> None:
    found = lint(parse(re.sub(r"Hello", "\nHello", GOOD).encode(), "x.srt"), NETFLIX)
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_a_line_of_chinese_is_broken_anew_without_a_space() -> None:
    profile = profile_for(SubtitleSettings(), "zh")
    text = "1\n00:00:01,000 --> 00:00:06,000\n我们认为这些真理是不言而喻的，人人生而平等，造物者赋予\n"
    assert repaired(parse(text.encode(), "x.srt"), profile).render().splitlines()[2:] == [
        "我们认为这些真理是不言而喻的，",
        "人人生而平等，造物者赋予",
    ]
