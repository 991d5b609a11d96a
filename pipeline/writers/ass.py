"""How does a track look as Advanced SubStation Alpha?"""

from __future__ import annotations

from pipeline.subtitles.cue import Cue
from pipeline.writers.settings import Track

_HEADER = """[Script Info]
ScriptType: v4.00+
WrapStyle: 2
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,68,&H00FFFFFF,&H000000FF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,96,96,60,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
# A backslash or a brace would begin a command; the word joiner keeps it text.
_ESCAPES = str.maketrans({"{": "\\{", "}": "\\}", "\\": "\\\u2060"})


def render(track: Track) -> str:
    """Centiseconds are all the format has: times are cut to them, which keeps order and gaps."""
    return _HEADER + "".join(_event(cue) for cue in track.cues)


def _event(cue: Cue) -> str:
    text = "\\N".join(line.translate(_ESCAPES) for line in cue.lines)
    name = next((voice for voice in cue.voices if voice), "") if len(set(cue.voices)) == 1 else ""
    return f"Dialogue: 0,{_clock(cue.start_ms)},{_clock(cue.end_ms)},Default,{_name(name)},0,0,0,,{text}\n"


def _name(speaker: str) -> str:
    return " ".join(speaker.replace(",", ";").split())


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms // 10, 100)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{rest:02}"
