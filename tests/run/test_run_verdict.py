from __future__ import annotations

import pytest

from pipeline.run.stop import Stop
from pipeline.run.verdict import Tally
from pipeline.values import Done, Failed, Fault, Outcome

DONE = Done("done.wav", 1000, 0.1, 1, 1, ())


def failed(code: str, stage: str = "recognise") -> Failed:
    return Failed(f"{code}.wav", Fault(code, stage, "what happened"), 1)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        ([DONE], 0),
        ([DONE, failed("unreachable")], 1),
        ([failed("unreachable"), failed("throttled")], 4),
        ([failed("unreachable"), failed("audio-empty", "convert")], 1),
        ([failed("audio-undecodable")], 1),
        ([failed("disk-full")], 1),
        ([failed("internal")], 1),
        ([failed("crashed")], 1),
        ([failed("ffmpeg-missing", "convert")], 3),
        ([failed("ffmpeg-missing", "convert"), failed("audio-empty", "convert")], 1),
    ],
)
def test_the_exit_code_says_what_to_look_at_first(outcomes: list[Outcome], code: int) -> None:
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome)

    assert tally.exit_code(Stop(1.0), {}, "fail") == code
