"""Are the speakers told apart?

    python benchmarks/speakers.py [--model base] [--conversations 12]

The corpus's conversations with known speakers, and conversations put together from clips of people who read or
announce something (three or four of them, three turns each, in random order, half a second between). The whole
command runs, with `recognition.diarization`. Each word belongs to whoever speaks at its middle; a speaker's name is
the one that most of its words have, no name twice. Far-field meetings are among them as they are.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import PIPELINE, spread, succeeded, table
from recordings import PAUSE, RATE_HZ, Recording, _decode, corpus, write

PEOPLE = ("lj-", "ast-en-", "ps-0", "sb-spk1")
TURNS = 3
SECONDS = (2.0, 10.0)


@dataclass(frozen=True)
class Talk:
    """A recording, and who speaks from when to when, in seconds."""

    recording: Recording
    spoken: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class Found:
    """Words that are with the right speaker, words, names that were given, speakers there are."""

    right: int
    words: int
    names: int
    speakers: int


def real() -> Iterator[Talk]:
    """The corpus's conversations whose speakers are known by time."""
    for item in _items():
        spoken: list[tuple[float, float, str]] = []
        if "segments" in item:
            spoken = [(one["start_sec"], one["end_sec"], str(one["speaker_tag"])) for one in item["segments"]]
        elif "rttm_file" in item:
            lines = (corpus() / item["rttm_file"]).read_text(encoding="utf-8").splitlines()
            rows = [line.split() for line in lines if line.startswith("SPEAKER")]
            spoken = [(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]
        if spoken:
            yield Talk(Recording(item["id"], _decode(corpus() / item["file"]), ""), tuple(spoken))


def together(count: int) -> Iterator[Talk]:
    """Conversations that nobody had."""
    clips = {who: [item for item in _items() if _is_of(item, who)] for who in PEOPLE}
    for seed in range(count):
        chance = random.Random(seed)
        people = chance.sample(PEOPLE, 3 + seed % 2)
        turns = [(who, item) for who in people for item in chance.sample(clips[who], TURNS)]
        chance.shuffle(turns)
        pcm, spoken = bytearray(), []
        for who, item in turns:
            begin = len(pcm) / 2 / RATE_HZ
            pcm += _decode(corpus() / item["file"])
            spoken.append((begin, len(pcm) / 2 / RATE_HZ, who))
            pcm += PAUSE
        yield Talk(Recording(f"together-{seed}", bytes(pcm), ""), tuple(spoken))


def heard(talks: Sequence[Talk], model: str) -> dict[str, Found]:
    """What the whole command makes of them."""
    with tempfile.TemporaryDirectory() as top:
        inbox, out = Path(top, "in"), Path(top, "out")
        write([talk.recording for talk in talks], inbox)
        settings = ["--set", "recognition.diarization=true", "--set", f"service.model={model}", "--format", "json"]
        succeeded([*PIPELINE, "transcribe", inbox, "-o", out, "--progress", "none", *settings], limit_s=1800)
        return {
            talk.recording.name: _judged(talk, json.loads((out / f"{talk.recording.name}.json").read_text()))
            for talk in talks
        }


def _judged(talk: Talk, transcript: dict[str, object]) -> Found:
    pairs: Counter[tuple[str, str]] = Counter()
    for segment in transcript["segments"]:  # type: ignore[attr-defined]
        for word in segment["words"]:
            at = (word["start_ms"] + word["end_ms"]) / 2000
            # Who speaks at the same time as somebody else has both of them right.
            for who in {who for begin, end, who in talk.spoken if begin <= at <= end}:
                pairs[who, segment["speaker"]] += 1
    right, taken = 0, set()
    for (who, name), count in pairs.most_common():
        if who not in taken and name not in taken:
            right += count
            taken |= {who, name}
    names = {name for _, name in pairs}
    return Found(right, sum(pairs.values()), len(names), len({who for *_, who in talk.spoken}))


def _items() -> list[dict[str, object]]:
    loaded = json.loads((corpus() / "manifest.json").read_text(encoding="utf-8"))
    return list(loaded if isinstance(loaded, list) else loaded["items"])


def _is_of(item: dict[str, object], who: str) -> bool:
    length_s = float(str(item["duration_s"]))
    return str(item["id"]).startswith(who) and SECONDS[0] <= length_s <= SECONDS[1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="base")
    parser.add_argument("--conversations", type=int, default=12)
    asked = parser.parse_args()
    conversations, joined = list(real()), list(together(asked.conversations))
    found = heard([*conversations, *joined], asked.model)
    rows = [_row(talk.recording.name, [found[talk.recording.name]]) for talk in conversations]
    rows.append(_row(f"{len(joined)} put together", [found[talk.recording.name] for talk in joined]))
    heads = ("conversation", "speakers", "names given", "words", "with the right speaker, %")
    print(table(heads, rows))


def _row(name: str, found: Sequence[Found]) -> list[object]:
    exact = sum(one.names == one.speakers for one in found)
    names = str(found[0].names) if len(found) == 1 else f"as many in {exact}"
    speakers = "/".join(sorted({str(one.speakers) for one in found}))
    shares = [100 * one.right / max(1, one.words) for one in found]
    return [name, speakers, names, sum(one.words for one in found), spread(shares, 1)]


if __name__ == "__main__":
    main()
