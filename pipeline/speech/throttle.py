"""How is the SDK told how fast to send, and how often to look at its socket?

Properties that are documented nowhere; what they do was read from the SDK's own trace and measured
(docs/performance.md).
"""

from __future__ import annotations

from pipeline.speech.service import Endpoint

# Retries of a lost connection inside the SDK: it replays un-acknowledged audio, so a drop in mid-stream costs
# nothing. They come 0.25 s apart whatever the service says, so there are few; the real back-off is ours.
SDK_RETRIES = 2
BUFFER_MARGIN_MS = 60_000
SDK_SPEED = 2.0
# The SDK sends this much at once before it begins to throttle.
FAST_LANE_MS = 5_000
# It reads that much at once too, and keeps it twice: whole chunks of all sessions would be most of our memory.
LONGEST_LANE_MS = 10_000
# The SDK refuses to start with less (SPXERR_INVALID_ARG).
SLOWEST_PERCENT = 100
# Above it the pause after a message of 100 ms would be shorter than the 2 ms that the SDK can wait.
FASTEST_SPEED = 50.0
# The pump that reads the audio must still be at work when the thread that started it looks: otherwise that thread
# waits for half a second, for a start that it has missed. So the end of the audio takes at least this long.
PUMP_MS = 20
FRAME_MS = 100
# A session looks at its socket every 10 ms. Where audio is held back for minutes that is most of what it costs.
THROTTLED_POLL_MS = 50
SLOWLY = 10.0


def throttle(endpoint: Endpoint, audio_ms: int) -> dict[str, str]:
    """SDK property -> value that make it send `audio_ms` at the endpoint's speed, 0 being as fast as it is taken.

    The buffer holds what no final result has acknowledged yet. It is made to hold the whole audio, since the
    default of 66 s ends a session whenever a service is slow to finalise.
    """
    speed = endpoint.upload_speed
    held_back = 0 < speed <= FASTEST_SPEED
    pace = speed if held_back else FASTEST_SPEED
    lane_ms = FAST_LANE_MS if held_back else LONGEST_LANE_MS
    values = {
        "SPEECH-MaxBufferSizeMs": str(audio_ms + BUFFER_MARGIN_MS),
        "SPEECH-Error-MaxRetryCount": str(SDK_RETRIES),
        "SPEECH-TransmitLengthBeforeThrottleMs": str(max(0, min(lane_ms, audio_ms - _tail_ms(pace)))),
    }
    if pace != SDK_SPEED:
        percent = str(max(SLOWEST_PERCENT, round(pace * 100)))
        values["SPEECH-AudioThrottleAsPercentageOfRealTime"] = percent
        values["SPEECH-AudioThrottleLowAsPercentageOfRealTime"] = percent
    if 0 < speed <= SLOWLY:
        values["SPEECH-USPRunPollingInterval"] = str(THROTTLED_POLL_MS)
    return values


def _tail_ms(pace: float) -> int:
    """The last part of the audio, in whole messages, that takes PUMP_MS at this pace."""
    return max(1, -(-round(PUMP_MS * pace) // FRAME_MS)) * FRAME_MS
