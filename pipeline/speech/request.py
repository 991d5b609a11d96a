"""What is asked of a session, and what does it give?

Apart from the session itself, so that whoever only passes these on does not load the SDK.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.config.schema import RecognitionSettings
from pipeline.values import Segment

# A service finalises within 66 s of audio or the SDK gives it up (facts of SDK 1.53), so no healthy session is silent
# for longer than that audio takes, whatever its length.
LONGEST_UNACKNOWLEDGED_MS = 66_000
# A session that sends audio "as fast as it is taken" may still be recognised at half of real time: a large model on a
# small machine, with other sessions beside it.
SLOWEST_SPEED = 0.5

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a session is asked for."""

    recognition: RecognitionSettings
    targets: tuple[str, ...] = ()
    compressed: bool = False
    """the audio is not a WAV file but whatever the SDK decodes through GStreamer"""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a session gave: segments on the audio's own clock, in order."""

    segments: tuple[Segment, ...]
    session_id: str
    no_match: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a session may say nothing before it is given up."""

    beyond_ms: int = 30_000

    def limit_s(self, left_ms: int, speed: float) -> float:
        """Seconds without a word that are still healthy, with `left_ms` of audio not yet finalised."""
        waiting_ms = min(left_ms, LONGEST_UNACKNOWLEDGED_MS) / (speed or SLOWEST_SPEED)
        return (self.beyond_ms + 1.5 * waiting_ms) / 1000
