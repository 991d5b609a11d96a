"""Is the transcript exactly what the scripted ear says to this audio?

Its words are checksums of the audio, half second by half second, so a transcript that equals what it says to each
stretch between two cuts proves that every sample arrived once, in order, in the right session.
"""

from __future__ import annotations

import json
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline.host.hearing.ear import Heard, Phrase, Request
from pipeline.host.hearing.scripted import ScriptedEar


def exact(transcript: Path, audio: Path) -> bool:
    """Whether a transcript JSON holds, for each session's stretch of a 16 kHz mono WAV, what the ear says to it."""
    tree = json.loads(transcript.read_text(encoding="utf-8"))
    edges = sorted((one["start_ms"], one["end_ms"]) for one in tree["sessions"])
    said = [text for start_ms, end_ms in edges for text in _said(audio, start_ms, end_ms)]
    whole = edges[0][0] == 0 and all(a[1] == b[0] for a, b in pairwise(edges))
    return whole and said == [segment["text"] for segment in tree["segments"]]


def _said(audio: Path, start_ms: int, end_ms: int) -> list[str]:
    texts: list[str] = []

    def say(heard: Heard) -> None:
        if isinstance(heard, Phrase):
            texts.append(heard.text)

    hearing = ScriptedEar().open(Request(("en-US",), hypotheses=False), say)
    with wave.open(str(audio), "rb") as file:
        file.setpos(start_ms * 16)
        hearing.feed(np.frombuffer(file.readframes((end_ms - start_ms) * 16), "<i2"))
    hearing.end()
    return texts
