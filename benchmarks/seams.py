"""Does cutting a long recording change what is heard?

    python benchmarks/seams.py [--model base] [--target 60s]

Real speech, the corpus's clips joined with pauses of half a second, in one session, and cut into chunks of about a
minute; the embedded recogniser; word error rates with deletions and insertions, which is where a bad seam would show.
Target: within 0.3 points of the single session.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import jiwer
from measuring import PIPELINE, succeeded, table
from recordings import Recording, joined, natural, seconds, write
from whisper_normalizer.english import EnglishTextNormalizer

MOST_POINTS = 0.3
LONG_ENOUGH_S = 120.0


def heard(recordings: list[Recording], folder: Path, out: Path, model: str, *split: str) -> tuple[list[str], int]:
    """The texts, and in how many chunks they were heard."""
    command = [*PIPELINE, "transcribe", folder, "-o", out, "--format", "json", "--progress", "none"]
    settings = [f"service.model={model}", *(f"audio.split.{one}" for one in split)]
    succeeded([*command, *(part for one in settings for part in ("--set", one))], limit_s=1800)
    trees = [json.loads((out / f"{one.name}.json").read_text(encoding="utf-8")) for one in recordings]
    return [tree["text"] for tree in trees], sum(len(tree["sessions"]) for tree in trees)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="base")
    parser.add_argument("--target", default="60s")
    asked = parser.parse_args()
    recordings = [*(one for one in natural() if one.seconds >= LONG_ENOUGH_S), *joined()]
    normal = EnglishTextNormalizer()
    rows, rates = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "in")
        write(recordings, folder)
        ways = {"one session": ("longer_than=0",), "cut": (f"longer_than={asked.target}", f"target={asked.target}")}
        for way, split in ways.items():
            texts, chunks = heard(recordings, folder, Path(scratch, way), asked.model, *split)
            found = jiwer.process_words([normal(one.text) for one in recordings], [normal(text) for text in texts])
            rates.append(found.wer * 100)
            rows.append([way, chunks, f"{rates[-1]:.2f}", found.substitutions, found.deletions, found.insertions])
    print(f"{len(recordings)} recordings, {seconds(recordings):.0f} s, model {asked.model}\n")
    print(table(["heard in", "sessions", "WER", "sub", "del", "ins"], rows))
    verdict = "yes" if rates[1] - rates[0] <= MOST_POINTS else "no"
    print(f"\nCut minus whole: {rates[1] - rates[0]:+.2f} points (at most {MOST_POINTS}: {verdict})")


if __name__ == "__main__":
    main()
