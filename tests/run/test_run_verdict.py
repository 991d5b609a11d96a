"""How did the run as a whole go?"""

from __future__ import annotations

import pytest

from pipeline.errors import ModelMissing, PipelineError, Refused
from pipeline.run.stop import Stop
from pipeline.run.verdict import Tally
from pipeline.values import Done, Failed, Fault, Outcome

DONE = Done("done.wav", 1000, 1.0, 1, 1, ())
UNPROVED = Done("gap.wav", 1000, 1.0, 1, 1, (), coverage="fail")
BROKEN = Failed("broken.wav", Fault("audio-undecodable", "convert", ""), 1)
REFUSED = Failed("refused.wav", Fault("stalled", "recognise", ""), 5)
CRASHED = Failed("poison.wav", Fault("crashed", "recognise", ""), 3)
NO_FFMPEG = Failed("talk.mp3", Fault("ffmpeg-missing", "convert", ""), 1)


@pytest.mark.parametrize(
    ("outcomes", "service_fault", "stopped", "coverage", "code"),
    [
        ([], None, "", "fail", 0),
        ([DONE], None, "", "fail", 0),
        ([DONE, BROKEN], None, "", "fail", 1),
        ([BROKEN], None, "", "fail", 1),
        ([DONE, REFUSED], None, "", "fail", 1),
        ([REFUSED], None, "", "fail", 4),
        ([REFUSED, BROKEN], None, "", "fail", 1),
        ([CRASHED], None, "", "fail", 1),
        ([NO_FFMPEG], None, "", "fail", 3),
        ([NO_FFMPEG, DONE], None, "", "fail", 1),
        ([REFUSED, BROKEN], Refused("401"), "", "fail", 4),
        ([DONE, REFUSED], Refused("401"), "", "fail", 1),
        ([], Refused("401"), "", "fail", 4),
        ([REFUSED], ModelMissing("no model"), "", "fail", 3),
        ([UNPROVED], None, "", "fail", 1),
        ([UNPROVED], None, "", "warn", 0),
        ([DONE], None, "limit", "fail", 5),
        ([DONE, BROKEN], None, "limit", "fail", 1),
        ([DONE], None, "interrupt", "fail", 130),
        ([REFUSED], Refused("401"), "interrupt", "fail", 130),
    ],
)
def test_the_exit_code_says_what_to_act_on_first(
    outcomes: list[Outcome], service_fault: PipelineError | None, stopped: str, coverage: str, code: int
) -> None:
    tally, stop = Tally(), Stop(60)
    for outcome in outcomes:
        tally.add(outcome)
    tally.service_fault = service_fault
    if stopped == "limit":
        stop.reach_limit()
    elif stopped:
        stop.interrupt()
    stop.close()
    assert tally.exit_code(stop, {}, coverage) == code
    assert (tally.why(stop) is not None) == (service_fault is not None or bool(stopped))


def test_the_totals_count_every_file_once() -> None:
    tally = Tally()
    for outcome in (DONE, UNPROVED, BROKEN):
        tally.add(outcome)
    left_alone = {"a": "unchanged", "b": "limit", "c": "pending"}
    assert tally.totals(left_alone, 2.0) == {
        "files": 6,
        "done": 2,
        "failed": 1,
        "skipped": 2,
        "pending": 1,
        "audio_ms": 2000,
        "took_s": 2.0,
        "speed": 1.0,
        "coverage_failed": 1,
    }


def test_the_first_ask_is_gentle_and_the_second_is_not() -> None:
    stop = Stop(60)
    stop.interrupt()
    assert (stop.soft.is_set(), stop.abort.is_set()) == (True, False)
    stop.interrupt()
    assert stop.abort.is_set()
    stop.close()


def test_the_grace_ends_by_itself() -> None:
    stop = Stop(0.01)
    stop.reach_limit()
    assert stop.abort.wait(10)


def test_a_run_that_has_ended_is_not_stopped_later() -> None:
    stop = Stop(60)
    stop.after(0.05, stop.reach_limit)
    stop.close()
    assert not stop.soft.wait(0.2)
