"""Is each format exactly what it should be, and do independent readers read it so?"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pysubs2
import pytest
import webvtt
from lxml import etree
from transcripts import TALK, segment, transcript

from pipeline.config.schema import OutputSettings, SubtitleSettings
from pipeline.values import Transcript
from pipeline.writers import WRITERS, RenderSettings, Track, outputs, remaining, track_of, transcript_json

SETTINGS = RenderSettings()
EMPTY = transcript()
SCHEMAS = files("pipeline.writers") / "schemas"


def rendered(name: str, of: Transcript = TALK, target: str | None = None) -> str:
    return WRITERS[name].render(of, RenderSettings(target=target))


def test_every_format_of_the_config_has_a_writer() -> None:
    allowed = OutputSettings.model_json_schema()["properties"]["formats"]["items"]["enum"]
    assert list(WRITERS) == allowed


def test_srt_is_exactly_this() -> None:
    assert rendered("srt") == (
        "1\n00:00:00,500 --> 00:00:02,050\nGood morning, & welcome.\n\n"
        "2\n00:00:03,500 --> 00:00:07,850\nIt cost $1,025 in 1999.\n\n"
        "3\n00:00:11,000 --> 00:00:11,833\nReally?\n"
    )


def test_vtt_is_exactly_this() -> None:
    assert rendered("vtt") == (
        "WEBVTT\n\n"
        "00:00:00.500 --> 00:00:02.050\n<v Guest-1>Good morning, &amp; welcome.\n\n"
        "00:00:03.500 --> 00:00:07.850\n<v Guest-2>It cost $1,025 in 1999.\n\n"
        "00:00:11.000 --> 00:00:11.833\n<v Guest-1>Really?\n"
    )


def test_txt_has_a_paragraph_for_each_speaker() -> None:
    assert rendered("txt") == (
        "Guest-1: Good morning, & welcome.\n\nGuest-2: It cost $1,025 in 1999.\n\nGuest-1: Really?\n"
    )


def test_txt_of_one_speaker_parts_at_long_pauses_only() -> None:
    one = transcript(segment("One two.", 0), segment("Three.", 1500), segment("Four.", 9000))
    assert rendered("txt", one) == "One two. Three.\n\nFour.\n"


def test_txt_of_a_translation_leaves_out_what_was_not_translated() -> None:
    assert rendered("txt", target="de") == (
        "Guest-1: Guten Morgen & willkommen.\n\nGuest-2: Es kostete 1999 1.025 Dollar.\n"
    )


def test_tsv_begins_with_whispers_columns() -> None:
    assert rendered("tsv").splitlines() == [
        "start\tend\ttext\tspeaker\tchannel\tlanguage\tconfidence\tde",
        "500\t2050\tGood morning, & welcome.\tGuest-1\t0\ten-US\t0.93\tGuten Morgen & willkommen.",
        "3500\t7850\tIt cost $1,025 in 1999.\tGuest-2\t0\ten-US\t0.93\tEs kostete 1999 1.025 Dollar.",
        "11000\t11350\tReally?\tGuest-1\t0\ten-US\t0.93\t",
    ]


def test_a_tab_in_a_text_is_no_column() -> None:
    odd = transcript(replace(segment("a b", 0), text="a\tb\nc"))
    assert rendered("tsv", odd).splitlines()[1].split("\t")[2] == "a b c"


def test_hours_go_past_a_day_and_past_99() -> None:
    late = transcript(segment("Late.", 100 * 3_600_000 + 1))
    assert "100:00:00,001 --> 100:00:00,834" in rendered("srt", late)
    assert "100:00:00.001 --> 100:00:00.834" in rendered("vtt", late)


@pytest.mark.parametrize("name", [name for name, writer in WRITERS.items() if writer.track])
def test_nobody_speaking_gives_a_file_that_readers_take(name: str) -> None:
    text = rendered(name, EMPTY)
    if name == "ttml":
        schema_of_ttml().assertValid(etree.fromstring(text.encode()))
    else:
        assert len(pysubs2.SSAFile.from_string(text, format_=name)) == 0


def texts(of: Transcript, formats: list[str], bilingual: bool = False) -> dict[str, str]:
    return {name: "".join(pieces) for name, pieces in outputs(of, formats, SubtitleSettings(), bilingual)}


def test_the_files_of_a_transcript_with_translations_have_these_names() -> None:
    names = [name for name, _ in outputs(TALK, ["json", "srt", "txt", "tsv"], SubtitleSettings(), True, ["fr"])]
    assert names == [
        ".json", ".srt", ".txt", ".tsv",
        ".de.srt", ".de.txt", ".en+de.srt",
        ".fr.srt", ".fr.txt", ".en+fr.srt",
    ]  # fmt: skip


def test_equal_transcripts_give_equal_bytes() -> None:
    again = replace(TALK, segments=tuple(replace(s, translations=dict(s.translations)) for s in TALK.segments))
    formats = list(WRITERS)
    assert texts(TALK, formats) == texts(again, formats)


def test_every_output_is_utf8_with_newlines_and_no_byte_order_mark() -> None:
    for name, text in texts(TALK, list(WRITERS), bilingual=True).items():
        assert "\r" not in text and not text.startswith("\ufeff"), name
        assert text.endswith("\n"), name


def test_what_cannot_be_avoided_is_told() -> None:
    fast = transcript(replace(segment("Sixty five characters cannot be read in under one second by anybody.", 0),
                              end_ms=900, words=()))  # fmt: skip
    tracks: dict[str, Track] = {}
    assert len(list(outputs(fast, ["srt", "txt"], SubtitleSettings(), tracks=tracks))) == 2
    assert [(name, one.rule, one.cue) for name, one in remaining(tracks)] == [("", "reading-speed", 1)]


# JSON


@pytest.mark.parametrize("of", [TALK, EMPTY, replace(TALK, coverage=None, sessions=())])
def test_json_comes_back_as_the_same_transcript_and_the_same_bytes(of: Transcript) -> None:
    text = transcript_json.render(of)
    assert transcript_json.parse(text) == of
    assert transcript_json.render(transcript_json.parse(text)) == text


def test_json_keeps_to_its_published_schema() -> None:
    schema = json.loads((SCHEMAS / "transcript-1.json").read_text())
    for of in (TALK, EMPTY):
        jsonschema.validate(json.loads(rendered("json", of)), schema)


def test_json_has_the_keys_of_the_contract_in_their_order() -> None:
    document = json.loads(rendered("json"))
    assert list(document) == [
        "schema", "source", "made_by", "languages", "text", "translations", "segments", "coverage", "sessions",
    ]  # fmt: skip
    assert document["text"] == "Good morning, & welcome. It cost $1,025 in 1999. Really?"
    assert document["segments"][2]["untranslated"] == {"de": "TranslationStatus Error"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a transcript: "),
        ("[]", "not a transcript of a known schema: None"),
        ('{"schema": "speech-pipeline/transcript/2"}', "a known schema: 'speech-pipeline/transcript/2'"),
        ('{"schema": "speech-pipeline/transcript/1"}', "missing or wrong value: KeyError('source')"),
    ],
)
def test_json_that_is_no_transcript_of_ours_is_refused(text: str, message: str) -> None:
    with pytest.raises(transcript_json.BadTranscript, match=message.replace("(", r"\(").replace(")", r"\)")):
        transcript_json.parse(text)


def test_the_manifest_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads((SCHEMAS / "manifest-1.json").read_text()))


# Independent readers

AWKWARD = transcript(
    segment("Tom & <b>Jerry</b> --> {x} \\N end", 0),
    segment("שלום עולם, مرحبا!", 8000),
    segment("It cost $1,025 in 1999, which was less than anybody on the whole committee had ever expected.", 14_000),
)


def shown(of: Transcript) -> list[tuple[int, int]]:
    return [(cue.start_ms, cue.end_ms) for cue in track_of(of, SETTINGS).cues]


@pytest.mark.parametrize("of", [TALK, AWKWARD])
def test_pysubs2_reads_our_srt(of: Transcript) -> None:
    read = pysubs2.SSAFile.from_string(rendered("srt", of), format_="srt", keep_html_tags=True)
    assert [(event.start, event.end) for event in read] == shown(of)


@pytest.mark.parametrize("of", [TALK, AWKWARD])
def test_webvtt_py_reads_our_vtt(of: Transcript) -> None:
    read = webvtt.from_buffer(io.StringIO(rendered("vtt", of)))
    assert [(caption.start_in_seconds, caption.lines) for caption in read] != []
    assert [caption.start for caption in read] == [
        f"{s // 3_600_000:02}:{s // 60_000 % 60:02}:{s // 1000 % 60:02}.{s % 1000:03}" for s, _ in shown(of)
    ]


def test_webvtt_py_reads_the_voices_and_the_escapes() -> None:
    read = webvtt.from_buffer(io.StringIO(rendered("vtt")))
    assert (read[0].voice, read[0].text) == ("Guest-1", "Good morning, &amp; welcome.")


@pytest.mark.parametrize("of", [TALK, AWKWARD])
def test_pysubs2_reads_our_ass_within_its_centiseconds(of: Transcript) -> None:
    read = pysubs2.SSAFile.from_string(rendered("ass", of), format_="ass")
    assert [(event.start, event.end) for event in read] == [(s // 10 * 10, e // 10 * 10) for s, e in shown(of)]
    assert len({event.style for event in read} - set(read.styles)) == 0


def schema_of_ttml() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring((SCHEMAS / "ttml-imsc1-text.xsd").read_bytes()))


@pytest.mark.parametrize("of", [TALK, AWKWARD])
def test_ttml_keeps_to_its_schema_and_holds_the_same_text(of: Transcript) -> None:
    tree = etree.fromstring(rendered("ttml", of).encode())
    schema_of_ttml().assertValid(tree)
    paragraphs = tree.findall(".//{http://www.w3.org/ns/ttml}p")
    texts = ["\n".join(paragraph.itertext()) for paragraph in paragraphs]
    assert texts == [cue.text for cue in track_of(of, SETTINGS).cues]


def test_ttml_leaves_out_what_xml_cannot_hold() -> None:
    odd = transcript(replace(segment("a b", 0), text="a\x0bb \x01c \ufffe \ud800", words=()))
    etree.fromstring(rendered("ttml", odd).encode())


def test_ttml_tells_the_direction_of_the_script() -> None:
    arabic = transcript(segment("مرحبا بالعالم", 0, language="ar-EG"), languages=("ar-EG",))
    assert 'tts:direction="rtl"' in rendered("ttml", arabic)
    assert 'xml:lang="ar-EG"' in rendered("ttml", arabic)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize("name", ["srt", "vtt", "ass"])  # it writes TTML but does not read it
def test_ffmpeg_reads_as_many_cues_as_we_wrote(name: str, tmp_path: Path) -> None:
    source = tmp_path / f"x.{name}"
    source.write_text(rendered(name, AWKWARD), encoding="utf-8")
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", source, "-f", "srt", "-"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == ""
    assert len(re.findall(r"^\d\d:\S+ --> ", done.stdout, re.MULTILINE)) == len(shown(AWKWARD))


# Azure batch


def test_azure_json_is_exactly_this_for_one_phrase() -> None:
    one = transcript(segment("Hi 5.", 70, "hi five", speaker="Guest-3"))
    assert json.loads(rendered("azure", one)) == {
        "source": "a/talk.mp4",
        "durationInTicks": 612_340_000,
        "durationMilliseconds": 61_234,
        "duration": "PT1M1.234S",
        "combinedRecognizedPhrases": [
            {"channel": 0, "lexical": "hi five", "itn": "hi five", "maskedITN": "hi five", "display": "Hi 5."}
        ],
        "recognizedPhrases": [
            {
                "recognitionStatus": "Success",
                "channel": 0,
                "speaker": 3,
                "locale": "en-US",
                "offset": "PT0.07S",
                "duration": "PT0.75S",
                "offsetInTicks": 700_000,
                "durationInTicks": 7_500_000,
                "nBest": [
                    {
                        "confidence": 0.93,
                        "lexical": "hi five",
                        "itn": "hi five",
                        "maskedITN": "hi five",
                        "display": "Hi 5.",
                        "words": [
                            {
                                "word": "hi",
                                "offset": "PT0.07S",
                                "duration": "PT0.35S",
                                "offsetInTicks": 700_000,
                                "durationInTicks": 3_500_000,
                                "confidence": 0.9,
                            },
                            {
                                "word": "five",
                                "offset": "PT0.47S",
                                "duration": "PT0.35S",
                                "offsetInTicks": 4_700_000,
                                "durationInTicks": 3_500_000,
                                "confidence": 0.9,
                            },
                        ],
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "PT0S"), (70, "PT0.07S"), (60_000, "PT1M"), (3_723_400, "PT1H2M3.4S"), (100 * 3_600_000, "PT100H")],
)
def test_iso_durations(ms: int, text: str) -> None:
    from pipeline.writers.azure import iso_duration

    assert iso_duration(ms) == text
