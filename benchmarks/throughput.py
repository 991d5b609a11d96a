"""How fast is the whole command, beside its model called directly and beside the peer?

    python benchmarks/throughput.py [--model base] [--sets short,natural] [--rounds 3] [--peer]

Every engine transcribes the same folder in turn, for several rounds, so that what else the machine does falls on all
alike. A figure is audio seconds per second (wall, and CPU of the process and all it starts: steadier on a busy
machine), and the ratio of ours to each, as median [lowest to highest] of the rounds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from accuracy import score
from engines import CORES, Engine, Result, direct, ours, peer_is_there, run, whisper_ctranslate2
from recordings import SETS, Recording, seconds, write

ENGINES: dict[str, Engine] = {
    "speech-pipeline": ours,
    "faster-whisper, sequential, beam 1": direct(beam_size=1),
    "faster-whisper, batched 8, beam 1": direct(beam_size=1, batch_size=8),
}
PEERS: dict[str, Engine] = {
    "whisper-ctranslate2, its defaults": whisper_ctranslate2(),
    "whisper-ctranslate2 --batched True": whisper_ctranslate2("--batched", "True"),
}
HEAD = (
    "| recordings | engine | audio s per s | ours is | audio s per CPU s | ours is | WER | sub | del | ins | deleted |"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    parser.add_argument("--sets", default="short,natural")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", action="store_true", help="also whisper-ctranslate2, installed if it is not there")
    asked = parser.parse_args()
    chosen = dict(ENGINES)
    if asked.peer and peer_is_there(install=True):
        chosen |= PEERS
    print(f"model {asked.model}, {asked.rounds} rounds, {CORES} cores\n\n{HEAD}\n|{'---|' * (HEAD.count('|') - 1)}")
    for name in asked.sets.split(","):
        for row in rows(name, SETS[name](), chosen, asked.model, asked.rounds):
            print(row, flush=True)


def rows(
    name: str, recordings: Sequence[Recording], chosen: dict[str, Engine], model: str, rounds: int
) -> Iterator[str]:
    results: dict[str, list[Result]] = {title: [] for title in chosen}
    with tempfile.TemporaryDirectory() as top:
        folder, scratch = Path(top) / "in", Path(top) / "out"
        write(recordings, folder)
        for _ in range(rounds):
            for title, engine in chosen.items():
                results[title].append(run(engine, folder, model, scratch))
    first, *_ = results.values()
    audio_s = seconds(recordings)
    for title, runs in results.items():
        wall = [audio_s / one.wall_s for one in runs]
        cpu = [audio_s / one.cpu_s for one in runs]
        faster = [theirs.wall_s / mine.wall_s for theirs, mine in zip(runs, first, strict=True)]
        thriftier = [theirs.cpu_s / mine.cpu_s for theirs, mine in zip(runs, first, strict=True)]
        label = f"{name}: {len(recordings)} files, {audio_s:.0f} s"
        figures = f"{median(wall):.1f} | {_spread(faster)} | {median(cpu):.1f} | {_spread(thriftier)}"
        yield f"| {label} | {title} | {figures} | {score(recordings, runs[-1])} |"


def _spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f}x [{min(ratios):.2f} to {max(ratios):.2f}]"


if __name__ == "__main__":
    main()
