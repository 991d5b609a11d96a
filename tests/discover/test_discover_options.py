"""What does the table of options say about which file?"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.load import build
from pipeline.config.override import with_options
from pipeline.config.schema import InputSettings
from pipeline.discover import Problem, discover
from pipeline.errors import ConfigError


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for name in ("a/talk.wav", "b/one.wav", "b/two.mp3", "c.wav"):
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "inbox"


def options(inbox: Path, table: str | bytes, told: list[Problem] | None = None) -> dict[str, tuple]:
    path = inbox.parent / "o.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    settings = InputSettings(paths=[str(inbox)], options=str(path))
    heard = told if told is not None else []
    return {source.name: source.options for source in discover(settings, Path("/o"), (), heard.append)}


def test_a_row_finds_its_file_by_name_by_path_or_by_pattern(inbox: Path) -> None:
    table = f"path,language\na/talk.wav,de-DE\ninbox/b/one.wav,fr-FR\n{inbox}/c.wav,it-IT\nb/*,es-ES\n*.wav,pt-PT\n"

    assert {name: dict(found) for name, found in options(inbox, table).items()} == {
        "a/talk.wav": {"recognition.language": "de-DE"},
        "b/one.wav": {"recognition.language": "fr-FR"},
        "b/two.mp3": {"recognition.language": "es-ES"},
        "c.wav": {"recognition.language": "it-IT"},
    }


def test_columns_are_settings_and_empty_cells_say_nothing(inbox: Path) -> None:
    table = '\ufeffPath,Targets, bilingual ,phrases,profile\r\nc.wav,de; fr,yes,"Ada, Lovelace;IBM",\r\n,,,,\r\n'

    assert options(inbox, table)["c.wav"] == (
        ("translation.targets", "de; fr"),
        ("translation.bilingual", "yes"),
        ("recognition.phrases", "Ada, Lovelace;IBM"),
    )


def test_a_row_that_matches_nothing_is_told(inbox: Path) -> None:
    told: list[Problem] = []
    options(inbox, "path,language\nc.wav,de-DE\ngone.wav,fr-FR\nx/*,fr-FR\n", told)

    at = inbox.parent / "o.csv"
    assert [str(problem) for problem in told] == [
        f"{at}:3: path: gone.wav is none of the sources",
        f"{at}:4: path: x/* is none of the sources",
    ]


@pytest.mark.parametrize(
    ("table", "faults"),
    [
        ("", ["1: no column path; a header of path and settings is needed"]),
        ("path,languag\nc.wav,x\n", ["1: languag: unknown column, did you mean language? allowed: path, language,"]),
        ("path,mode,mode\n", ["1: mode: a column that is given twice; once is allowed"] * 2),
        ("path,mode\nc.wav,fast\n", ["2: mode: fast is not allowed; allowed: continuous | single_shot | dictation"]),
        ("path,diarization\nc.wav,maybe\n", ["2: diarization: maybe is not allowed; allowed: true | false"]),
        ("path,language\nc.wav,german\n", ["2: language: not a language; a language tag such as"]),
        ("path,languages\nc.wav,en-US\n", ["2: languages: 1 given; two to ten are allowed"]),
        ("path,targets\nc.wav,de;de\n", ["2: targets: given twice; once is allowed"]),
        ("path,formats\nc.wav,doc\n", ["2: formats: doc is not allowed; allowed: a list separated by ;"]),
        ("path,fps\nc.wav,0\n", ["2: fps: 0 is not allowed; allowed: a number above 0 to 240"]),
        ("path,mode\n,dictation\n", ["2: path: empty; the path of a recording is needed"]),
        ("path,mode\nc.wav\nc.wav,dictation,x\n", ["3: 3 cells; 2 as in the header are allowed"]),
        ("path,mode\nc.wav,\nc.wav,\n", ["3: path: c.wav is given twice (first on line 2); once is allowed"]),
        ('path,mode\n"c.wav', ["2: not CSV: unexpected end of data"]),
        (b"path\nGr\xfc\xdfe.wav\n", ["1: not UTF-8 text; a CSV file in UTF-8 is allowed"]),
        ("path,mode\na,x\nb,y\n", ["2: mode: x is not allowed", "3: mode: y is not allowed"]),
    ],
)
def test_every_fault_of_a_table_is_told_with_its_line(inbox: Path, table: str | bytes, faults: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        options(inbox, table)

    lines = caught.value.message.splitlines()
    assert len(lines) == len(faults)
    for line, fault in zip(lines, faults, strict=True):
        assert line.startswith(f"{inbox.parent}/o.csv:{fault}")


def test_a_table_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"input.options: /nope.csv: cannot be read: No such file"):
        discover(InputSettings(paths=[str(tmp_path)], options="/nope.csv"), Path("/o"))


def test_a_row_is_held_against_the_config_that_it_changes(inbox: Path) -> None:
    (inbox.parent / "o.csv").write_text("path,diarization\nc.wav,true\n")
    tree = {
        "input": {"paths": [str(inbox)], "options": str(inbox.parent / "o.csv")},
        "translation": {"targets": ["de"]},
    }
    with pytest.raises(ConfigError, match=r"o\.csv:2: diarization: the Speech SDK cannot translate"):
        config = build(tree)
        discover(config.input, Path("/o"), config=config)


def test_the_targets_of_a_row_claim_their_outputs(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("talk.wav", "talk.de.wav"):
        (inbox / name).write_bytes(b"")
    (tmp_path / "o.csv").write_text("path,targets\ntalk.wav,de\n")
    settings = InputSettings(paths=[str(inbox)], options=str(tmp_path / "o.csv"))

    assert [source.output for source in discover(settings, Path("/o"))] == ["talk.de", "talk.wav"]


class TestWithOptions:
    def test_a_row_overrides_the_config_for_its_file(self) -> None:
        config = build(
            {
                "input": {"paths": ["x"]},
                "recognition": {"phrases": ["a"], "segmentation": {"silence": "1s"}},
                "subtitles": {"max_duration": "5s"},
            }
        )
        changed = with_options(
            config,
            (
                ("recognition.language", "de-DE"),
                ("translation.targets", "en; fr"),
                ("recognition.diarization", "yes"),
                ("subtitles.fps", "25"),
                ("subtitles.profile", "bbc"),
            ),
        )

        assert (changed.recognition.language, changed.recognition.phrases) == ("de-DE", ["a"])
        assert changed.translation.targets == ["en", "fr"]
        assert (changed.subtitles.fps, changed.subtitles.profile, changed.subtitles.max_duration) == (25, "bbc", 5_000)
        assert changed.recognition.segmentation.silence == 1_000
        assert changed.audio.split.longer_than == 0
        assert config.recognition.language == "en-US"
        assert with_options(config, ()) is config

    def test_a_known_language_needs_no_identification(self) -> None:
        config = build({"input": {"paths": ["x"]}, "recognition": {"languages": ["en-US", "de-DE"]}})

        assert with_options(config, (("recognition.language", "de-DE"),)).recognition.languages == []
        assert with_options(config, (("recognition.profanity", "raw"),)).recognition.languages == ["en-US", "de-DE"]
