"""Does the pipeline hear as well as its model called directly?

    python benchmarks/accuracy.py [--model base] [--sets clips,natural,joined] [--peer]

For every set of recordings and every engine: word error rate (whisper-normalizer, jiwer) with its deletions,
insertions and substitutions; and how far our word start times are from the direct call's. On the joined set the
deletions show what was silently left out.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median

import jiwer
from engines import Engine, Heard, Result, direct, ours, peer_is_there, run, whisper_ctranslate2
from recordings import SETS, Recording, seconds, write
from whisper_normalizer.english import EnglishTextNormalizer

ENGINES: dict[str, Engine] = {
    "speech-pipeline": ours,
    "faster-whisper, sequential": direct(word_timestamps=True),
    "faster-whisper, batched": direct(word_timestamps=True, batch_size=8, beam_size=1),
}
PEERS: dict[str, Engine] = {"whisper-ctranslate2": whisper_ctranslate2("--word_timestamps", "True")}
REFERENCE = "faster-whisper, sequential"
HEAD = "| recordings | engine | WER | sub | del | ins | deleted | word starts: median, 95% from the direct call's |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    parser.add_argument("--sets", default="clips,natural,joined")
    parser.add_argument("--peer", action="store_true", help="also whisper-ctranslate2, installed if it is not there")
    asked = parser.parse_args()
    chosen = dict(ENGINES)
    if asked.peer and peer_is_there(install=True):
        chosen |= PEERS
    print(f"model {asked.model}\n\n{HEAD}\n|{'---|' * (HEAD.count('|') - 1)}")
    for name in asked.sets.split(","):
        for row in rows(name, SETS[name](), chosen, asked.model):
            print(row, flush=True)


def rows(name: str, recordings: Sequence[Recording], chosen: dict[str, Engine], model: str) -> Iterator[str]:
    label = f"{name}: {len(recordings)} files, {seconds(recordings):.0f} s"
    with tempfile.TemporaryDirectory() as top:
        folder, scratch = Path(top) / "in", Path(top) / "out"
        write(recordings, folder)
        results = {title: run(engine, folder, model, scratch) for title, engine in chosen.items()}
    for title, result in results.items():
        yield f"| {label} | {title} | {score(recordings, result)} | {starts(result, results[REFERENCE])} |"


def score(recordings: Sequence[Recording], result: Result) -> str:
    plain = EnglishTextNormalizer()
    references = [plain(recording.text) for recording in recordings]
    found = jiwer.process_words(references, [plain(result.heard[one.name].text) for one in recordings])
    words = sum(len(reference.split()) for reference in references)
    counts = f"{found.substitutions} | {found.deletions} | {found.insertions}"
    return f"{100 * found.wer:.2f} | {counts} | {100 * found.deletions / words:.1f}%"


def starts(result: Result, reference: Result) -> str:
    apart_ms = sorted(
        gap for name, heard in result.heard.items() for gap in start_gaps_ms(heard, reference.heard[name])
    )
    if not apart_ms or result is reference:
        return "-"
    return f"{median(apart_ms):.0f} ms, {apart_ms[int(0.95 * (len(apart_ms) - 1))]:.0f} ms"


def start_gaps_ms(one: Heard, other: Heard) -> Iterator[float]:
    """For every word that both heard: how far apart its starts are."""
    ours_bare = [_bare(text) for text, _, _ in one.words]
    theirs_bare = [_bare(text) for text, _, _ in other.words]
    for block in SequenceMatcher(None, ours_bare, theirs_bare, autojunk=False).get_matching_blocks():
        for at in range(block.size):
            yield 1000 * abs(one.words[block.a + at][1] - other.words[block.b + at][1])


def _bare(word: str) -> str:
    return re.sub(r"\W", "", word.lower())


if __name__ == "__main__":
    main()
