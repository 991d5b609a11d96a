from __future__ import annotations

import pytest

from pipeline.speech.service import Endpoint
from pipeline.speech.throttle import throttle

LANE = "SPEECH-TransmitLengthBeforeThrottleMs"
PERCENT = "SPEECH-AudioThrottleAsPercentageOfRealTime"
LOW_PERCENT = "SPEECH-AudioThrottleLowAsPercentageOfRealTime"
POLL = "SPEECH-USPRunPollingInterval"


def properties(speed: float, audio_ms: int) -> dict[str, str]:
    return throttle(Endpoint("e", False, 1, speed), audio_ms)


@pytest.mark.parametrize(
    ("speed", "percent"),
    [(2.0, None), (0.5, "100"), (1.0, "100"), (10.0, "1000"), (50.0, "5000"), (100.0, "5000"), (0.0, "5000")],
)
def test_the_upload_speed_sets_the_throttle_of_the_sdk(speed: float, percent: str | None) -> None:
    found = properties(speed, 60_000)
    assert (found.get(PERCENT), found.get(LOW_PERCENT)) == (percent, percent)


@pytest.mark.parametrize(
    ("speed", "audio_ms", "lane"),
    [
        (2.0, 60_000, "5000"),
        (2.0, 3_000, "2900"),
        (10.0, 4_000, "3800"),
        (0.0, 10_000, "9000"),
        (100.0, 10_000, "9000"),
        (0.0, 180_000, "10000"),
        (0.0, 2_000, "1000"),
        (0.0, 300, "0"),
    ],
)
def test_the_end_of_the_audio_is_never_in_the_fast_lane(speed: float, audio_ms: int, lane: str) -> None:
    assert properties(speed, audio_ms)[LANE] == lane


@pytest.mark.parametrize("audio_ms", [2_000, 600_000])
def test_the_buffer_holds_the_whole_audio(audio_ms: int) -> None:
    assert properties(2.0, audio_ms)["SPEECH-MaxBufferSizeMs"] == str(audio_ms + 60_000)


@pytest.mark.parametrize(("speed", "poll"), [(1.0, "50"), (2.0, "50"), (10.0, "50"), (20.0, None), (0.0, None)])
def test_a_session_that_holds_audio_back_looks_at_its_socket_less_often(speed: float, poll: str | None) -> None:
    assert properties(speed, 60_000).get(POLL) == poll
