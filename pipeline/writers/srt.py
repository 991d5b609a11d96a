"""How does a track look as SubRip?"""

from __future__ import annotations

from pipeline.subtitles.clock import clock
from pipeline.writers.settings import Track

# The format has no escapes: an invisible word joiner keeps an arrow in the text from being read as times.
_ARROW = "--\u2060>"


def render(track: Track) -> str:
    """Numbered from 1, `HH:MM:SS,mmm`, a blank line between cues and none inside."""
    blocks = []
    for number, cue in enumerate(track.cues, 1):
        times = f"{clock(cue.start_ms, ',')} --> {clock(cue.end_ms, ',')}"
        blocks.append(f"{number}\n{times}\n{cue.text.replace('-->', _ARROW)}\n")
    return "\n".join(blocks)
