"""Does the text account for the speech? Tables of speech, text and verdict."""

from __future__ import annotations

import pytest

from pipeline.run.coverage import joined, prove
from pipeline.values import Coverage, Gap, Segment

MINUTE = 60_000


def said(*spans: tuple[int, int], text: str = "") -> list[Segment]:
    return [Segment(start, end, text or f"Sentence {number}.") for number, (start, end) in enumerate(spans)]


@pytest.mark.parametrize(
    ("speech", "segments", "verdict", "covered_ms", "notes"),
    [
        ([], [], "pass", 0, ()),
        ([(0, 9000)], said((0, 9000)), "pass", 9000, ()),
        ([(0, 9000)], said((400, 8600)), "pass", 9000, ()),
        ([(0, 2000)], [], "warn", 0, ("a stretch of speech has no text",)),
        ([(0, 1900)], [], "pass", 0, ()),
        ([(0, 3000)], [], "fail", 0, ("somebody speaks, and there is no text",)),
        ([(0, 3000)], said((0, 3000), text=" "), "fail", 0, ("somebody speaks, and there is no text",)),
        ([(0, MINUTE)], said((0, 20_000)), "fail", 20_500, ("39.5 s of 60.0 s of speech have no text",)),
        ([(0, MINUTE)], said((0, 45_000)), "fail", 45_500, ("14.5 s of speech from 45.5 s have no text",)),
        ([(0, MINUTE)], said((0, 20_000), (26_000, MINUTE)), "warn", 55_000, ("a stretch of speech has no text",)),
        (
            [(0, MINUTE)],
            said((0, 20_000), (26_000, 40_000), (46_000, MINUTE)),
            "warn",
            50_000,
            ("2 shorter stretches of speech have no text",),
        ),
        ([(0, 9000)], said((0, 5000), (3000, 9000)), "fail", 9000, ("offsets go back",)),
        ([(0, 9000)], said((0, 5000), (4500, 9000)), "pass", 9000, ()),
        ([(0, 9000)], said((0, MINUTE + 2000)), "fail", 9000, ("text after the end of the recording",)),
    ],
)
def test_speech_without_text_is_found(
    speech: list[tuple[int, int]], segments: list[Segment], verdict: str, covered_ms: int, notes: tuple[str, ...]
) -> None:
    found = prove(speech, segments, 0, MINUTE)
    assert found.verdict == verdict
    assert found.covered_ms == covered_ms
    # The longest gap is told on its own as well; the first note is the gist.
    assert found.notes[:1] == notes[:1]
    assert found.speech_ms == sum(end - start for start, end in speech)


def test_the_gaps_are_told_where_they_are() -> None:
    found = prove([(0, 30_000), (40_000, 50_000)], said((0, 10_000)), 0, MINUTE)
    assert found.gaps == (Gap(10_500, 30_000), Gap(40_000, 50_000))


def test_only_the_stretch_that_is_asked_about_counts() -> None:
    found = prove([(0, 30_000)], said((10_000, 20_000)), 10_000, 20_000)
    assert (found.verdict, found.speech_ms, found.covered_ms) == ("pass", 10_000, 10_000)


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["Thank you."] * 3, "pass"),
        (["Thank you."] * 4, "warn"),
        (["Thank you.", "THANK YOU.", "thank you.", "Thank you."], "warn"),
        (["Yes.", "Thank you.", "Thank you.", "Yes.", "Thank you.", "Thank you."], "pass"),
        (["no no no no no"], "pass"),
        (["no no no no no no"], "warn"),
        (["and so on " * 6], "warn"),
        (["and so on " * 5], "pass"),
    ],
)
def test_a_loop_of_the_recogniser_is_found(texts: list[str], verdict: str) -> None:
    segments = [Segment(number * 1000, number * 1000 + 1000, text) for number, text in enumerate(texts)]
    assert prove([], segments, 0, MINUTE).verdict == verdict


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [((), "pass"), (("pass", "pass"), "pass"), (("pass", "warn"), "warn"), (("warn", "fail", "pass"), "fail")],
)
def test_a_recording_is_as_good_as_its_worst_channel(verdicts: tuple[str, ...], whole: str) -> None:
    parts = [
        Coverage(verdict, 100, 90, (Gap(number, number + 1),), ("same",)) for number, verdict in enumerate(verdicts)
    ]
    found = joined(parts)
    assert found.verdict == whole
    assert found.speech_ms == 100 * len(parts)
    assert [gap.start_ms for gap in found.gaps] == list(range(len(parts)))
    assert found.notes == (("same",) if parts else ())
