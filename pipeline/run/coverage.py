"""Does the text account for the speech?

Pure: regions in which somebody surely speaks, and the segments, in; a verdict out. A recogniser that leaves out a
minute, repeats itself, or stops early reports success all the same; this is what tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.values import Coverage, Gap, Segment

Region = tuple[int, int]

# A word's time may be off by this much at either end without anything being missing.
TOLERANCE_MS = 500
# Uncovered speech shorter than this is breath, laughter or a cough as often as a word.
SHORTEST_GAP_MS = 2_000
FAIL_GAP_MS = 10_000
FAIL_SHARE = 0.5
FAIL_SPEECH_MS = 3_000
REPEATS = 4
BEYOND_END_MS = 1_000
BACK_MS = 1_000


def prove(speech: Sequence[Region], segments: Sequence[Segment], start_ms: int, end_ms: int) -> Coverage:
    """The verdict on the stretch from `start_ms` to `end_ms` of one channel."""
    spans = _merged([(s.start_ms - TOLERANCE_MS, s.end_ms + TOLERANCE_MS) for s in segments if s.text.strip()])
    inside = [(max(a, start_ms), min(b, end_ms)) for a, b in speech if b > start_ms and a < end_ms]
    missing = [piece for region in inside for piece in _minus(region, spans)]
    speech_ms = sum(b - a for a, b in inside)
    missing_ms = sum(b - a for a, b in missing)
    gaps = tuple(Gap(a, b) for a, b in missing if b - a >= SHORTEST_GAP_MS)
    failures = _failures(segments, speech_ms, missing_ms, gaps, end_ms)
    warnings = _warnings(segments, gaps)
    verdict = "fail" if failures else "warn" if warnings else "pass"
    return Coverage(verdict, speech_ms, speech_ms - missing_ms, gaps, tuple(failures + warnings))


def joined(parts: Sequence[Coverage]) -> Coverage:
    """The verdict on a whole recording from those on its channels."""
    worst = max((part.verdict for part in parts), key=("pass", "warn", "fail").index, default="pass")
    return Coverage(
        worst,
        sum(part.speech_ms for part in parts),
        sum(part.covered_ms for part in parts),
        tuple(sorted((gap for part in parts for gap in part.gaps), key=lambda gap: gap.start_ms)),
        tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _failures(
    segments: Sequence[Segment], speech_ms: int, missing_ms: int, gaps: Sequence[Gap], end_ms: int
) -> list[str]:
    found = []
    if speech_ms >= FAIL_SPEECH_MS and not any(s.text.strip() for s in segments):
        found.append("somebody speaks, and there is no text")
    elif speech_ms >= FAIL_SPEECH_MS and missing_ms > FAIL_SHARE * speech_ms:
        found.append(f"{missing_ms / 1000:.1f} s of {speech_ms / 1000:.1f} s of speech have no text")
    found += [
        f"{(gap.end_ms - gap.start_ms) / 1000:.1f} s of speech from {gap.start_ms / 1000:.1f} s have no text"
        for gap in gaps
        if gap.end_ms - gap.start_ms >= FAIL_GAP_MS
    ]
    # Segments are sorted by now: an offset that went back shows as text upon text.
    if any(b.start_ms < a.end_ms - BACK_MS for a, b in pairwise(segments)):
        found.append("offsets go back")
    if any(s.end_ms > end_ms + BEYOND_END_MS for s in segments):
        found.append("text after the end of the recording")
    return found


def _warnings(segments: Sequence[Segment], gaps: Sequence[Gap]) -> list[str]:
    found = []
    if any(gap.end_ms - gap.start_ms < FAIL_GAP_MS for gap in gaps):
        count = sum(gap.end_ms - gap.start_ms < FAIL_GAP_MS for gap in gaps)
        found.append(
            f"{count} shorter stretches of speech have no text" if count > 1 else "a stretch of speech has no text"
        )
    if _repeats(segments):
        found.append("the same text comes again and again")
    return found


def _repeats(segments: Sequence[Segment]) -> bool:
    """A loop: the same sentence over and over, in segments or inside one of them."""
    texts = [segment.text.strip().casefold() for segment in segments]
    runs = zip(*(texts[i:] for i in range(REPEATS)), strict=False)
    if any(len(set(run)) == 1 and len(run[0]) > 1 for run in runs):
        return True
    return any(_loops(text.split()) for text in texts)


def _loops(words: list[str]) -> bool:
    """Whether some run of one to eight words comes at least `REPEATS` + 2 times in a row."""
    times = REPEATS + 2
    for length in range(1, 9):
        for at in range(len(words) - length * times + 1):
            if words[at : at + length * (times - 1)] == words[at + length : at + length * times]:
                return True
    return False


def _merged(spans: list[Region]) -> list[Region]:
    merged: list[Region] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _minus(region: Region, spans: Sequence[Region]) -> list[Region]:
    """What of a region no span covers; spans are sorted and do not overlap."""
    at, end = region
    left = []
    for start, stop in spans:
        if stop <= at or start >= end:
            continue
        if start > at:
            left.append((at, start))
        at = max(at, stop)
    if at < end:
        left.append((at, end))
    return left
