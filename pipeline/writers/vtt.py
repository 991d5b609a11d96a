"""How does a track look as WebVTT?"""

from __future__ import annotations

from pipeline.subtitles.clock import clock
from pipeline.subtitles.cue import Cue
from pipeline.writers.settings import Track

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(track: Track) -> str:
    """With `&`, `<` and `>` escaped, so that `-->` cannot stand in a text; a voice span where speakers are told."""
    blocks = ["WEBVTT\n"]
    for cue in track.cues:
        blocks.append(f"{clock(cue.start_ms)} --> {clock(cue.end_ms)}\n{_payload(cue)}\n")
    return "\n".join(blocks)


def _payload(cue: Cue) -> str:
    lines = [line.translate(_ESCAPES) for line in cue.lines]
    if len(set(cue.voices)) == 1 and cue.voices[0]:
        return f"<v {_voice(cue.voices[0])}>" + "\n".join(lines)
    voices = cue.voices or (None,) * len(lines)
    return "\n".join(
        f"<v {_voice(voice)}>{line}</v>" if voice else line for voice, line in zip(voices, lines, strict=True)
    )


def _voice(name: str) -> str:
    return " ".join(name.translate(_ESCAPES).split())
