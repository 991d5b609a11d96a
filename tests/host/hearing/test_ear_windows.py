"""Windows are cut from probabilities alone, so their tests are tables of probabilities."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.host.hearing.windows import Cutter, Limits, Pause, Window

LIMITS = Limits(end_silence_ms=512, longest_ms=3200, shortest_ms=960, silence_every_ms=3200)


def cut(pattern: str, limits: Limits = LIMITS) -> list[Window | Pause]:
    """`#` is a voiced frame of 32 ms, `.` a silent one, `-` a doubtful one; `x9` repeats what stands before."""
    frames = {"#": 0.9, ".": 0.1, "-": 0.4}
    cutter = Cutter(limits)
    return cutter.push(frames[letter] for letter in expand(pattern)) + cutter.finish()


def expand(pattern: str) -> str:
    return "".join(part[0] * int(part[1:] or 1) for part in pattern.split())


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", []),
        (".90", []),
        (".20 #20 .20", [Window(10, 50, ((20, 40),), True)]),
        ("#20", [Window(0, 20, ((0, 20),), True)]),
        (".20 #20 .3 #20 .20", [Window(10, 73, ((20, 63),), True)]),
        (".20 #20 .8 #20 .20", [Window(10, 78, ((20, 40), (48, 68)), True)]),
        (".20 #20 -8 #20 .20", [Window(10, 78, ((20, 68),), True)]),
        (".20 #20 .30 #20 .20", [Window(10, 50, ((20, 40),), True), Window(60, 100, ((70, 90),), True)]),
        (".20 #60 .6 #60 .20", [Window(10, 83, ((20, 80),), False), Window(83, 156, ((86, 146),), True)]),
        (".205", [Pause(90), Pause(180)]),
    ],
)
def test_windows_end_at_pauses(pattern: str, expected: list[Window | Pause]) -> None:
    assert cut(pattern) == expected


def test_a_long_stretch_without_a_pause_is_cut_where_it_is_least_voiced() -> None:
    cutter = Cutter(LIMITS)
    voice = [0.9] * 90 + [0.55, 0.5, 0.55] + [0.9] * 60
    windows = cutter.push(voice) + cutter.finish()
    assert [(window.start, window.end) for window in windows] == [(0, 91), (91, 153)]


def test_the_same_probabilities_give_the_same_windows_in_any_portions() -> None:
    frames = [0.9 if at % 37 < 25 else 0.1 for at in range(2000)]
    whole = Cutter(LIMITS)
    expected = whole.push(frames) + whole.finish()
    parts = Cutter(LIMITS)
    found = list(itertools.chain.from_iterable(parts.push([frame]) for frame in frames)) + parts.finish()
    assert found == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.05, 0.4, 0.6, 0.95]), st.integers(1, 60)), max_size=30))
def test_windows_never_overlap_and_hold_every_voiced_frame(runs: list[tuple[float, int]]) -> None:
    frames = [probability for probability, count in runs for _ in range(count)]
    cutter = Cutter(LIMITS)
    found = cutter.push(frames) + cutter.finish()
    windows = [one for one in found if isinstance(one, Window)]
    for early, late in itertools.pairwise(windows):
        assert early.end <= late.start
    for window in windows:
        assert 0 <= window.start <= window.speech[0][0] < window.speech[-1][1] <= window.end <= len(frames)
        assert (window.end - window.start) * 32 <= LIMITS.longest_ms + 700
    covered = {frame for window in windows for a, b in window.speech for frame in range(a, b)}
    assert {at for at, probability in enumerate(frames) if probability >= 0.5} <= covered
    ends = [one.end for one in found]
    assert ends == sorted(ends)
