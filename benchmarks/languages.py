"""Is the language of a recording found?

    python benchmarks/languages.py [--model base] [--most 12]

The corpus's recordings of eleven languages, through the whole pipeline, each among ten candidates (its own and nine
others): identified at the start, and continuously. Then recordings made of several clips of different languages, with
pauses of a second: the share of the recognised speech that continuous identification gives to the right language.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recordings import corpus

LANGUAGES = ["de-DE", "en-US", "es-ES", "fr-FR", "it-IT", "ja-JP", "ko-KR", "nl-NL", "pt-PT", "sv-SE", "zh-CN"]
SHORTEST_S, LONGEST_S = 1.5, 30.0
MIXED = (("de", "en"), ("en", "es"), ("fr", "en", "de"), ("nl", "en"), ("es", "nl", "fr"))

Item = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    parser.add_argument("--most", type=int, default=12, help="recordings of each language")
    asked = parser.parse_args()
    chosen = recordings(asked.most)
    print("| language | recordings | found at the start | found continuously | taken for |\n|---|---|---|---|---|")
    right: Counter[str] = Counter()
    for locale in LANGUAGES:
        items = chosen[locale[:2]]
        found = {mode: identified(items, locale, mode, asked.model) for mode in ("at_start", "continuous")}
        wrong = Counter(name or "nothing" for names in found.values() for name in names if name != locale)
        for mode, names in found.items():
            right[mode] += sum(name == locale for name in names)
        counts = " | ".join(str(sum(name == locale for name in names)) for names in found.values())
        taken = ", ".join(f"{name} {count}" for name, count in wrong.most_common())
        print(f"| {locale[:2]} | {len(items)} | {counts} | {taken} |", flush=True)
    total = sum(len(chosen[locale[:2]]) for locale in LANGUAGES)
    print(f"| all | {total} | {right['at_start']} | {right['continuous']} | |\n")
    print("| languages in one recording | recognised speech in the right language |\n|---|---|")
    for languages in MIXED:
        print(f"| {' '.join(languages)} | {mixed(languages, chosen, asked.model):.0%} |", flush=True)


def recordings(most: int) -> dict[str, list[Item]]:
    chosen: dict[str, list[Item]] = defaultdict(list)
    for item in json.loads((corpus() / "manifest.json").read_text(encoding="utf-8")):
        fits = SHORTEST_S <= item["duration_s"] <= LONGEST_S and item["reference_quality"] == "good"
        if fits and not item.get("video") and len(chosen[item["language"]]) < most:
            chosen[item["language"]].append(item)
    return chosen


def candidates(locale: str) -> list[str]:
    """A language and the nine that follow it, around the circle."""
    at = LANGUAGES.index(locale)
    return [LANGUAGES[(at + step) % len(LANGUAGES)] for step in range(10)]


def identified(items: Sequence[Item], locale: str, mode: str, model: str) -> list[str | None]:
    """The language of each recording's longest part."""
    paths = [corpus() / item["file"] for item in items]
    found = []
    for transcript in transcripts(paths, candidates(locale), mode, model):
        shares: Counter[str] = Counter()
        for segment in transcript["segments"]:
            shares[segment["language"]] += segment["end_ms"] - segment["start_ms"]
        found.append(shares.most_common(1)[0][0] if shares else None)
    return found


def mixed(languages: Sequence[str], chosen: dict[str, list[Item]], model: str) -> float:
    """Three rounds of the languages in one recording; the share of the words' time that has the right language."""
    from pydub import AudioSegment

    pause = AudioSegment.silent(1_000, 16_000)
    sound, spans = pause, []
    for turn in range(3):
        for language in languages:
            clip = (
                AudioSegment.from_file(corpus() / chosen[language][turn]["file"]).set_channels(1).set_frame_rate(16_000)
            )
            spans.append((len(sound), len(sound) + len(clip), language))
            sound += clip + pause
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mixed.wav"
        sound.export(path, format="wav")
        locales = [locale for locale in LANGUAGES if locale[:2] in languages]
        (transcript,) = transcripts([path], locales, "continuous", model)
    right = total = 0
    for segment in transcript["segments"]:
        for start_ms, end_ms, language in spans:
            shared = max(0, min(end_ms, segment["end_ms"]) - max(start_ms, segment["start_ms"]))
            total += shared
            right += shared if segment["language"][:2] == language else 0
    return right / total if total else 0.0


def transcripts(paths: Sequence[Path], languages: Sequence[str], mode: str, model: str) -> list[Item]:
    """Each recording's transcript by one run of the pipeline."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "pipeline", "transcribe", *map(str, paths), "-o", out, "--format", "json"]
        settings = {"recognition.languages": f"[{', '.join(languages)}]", "recognition.identify": mode}
        for key, value in {**settings, "service.model": model, "run.coverage": "warn"}.items():
            command += ["--set", f"{key}={value}"]
        subprocess.run([*command, "--progress", "none"], check=False, stdout=subprocess.DEVNULL)
        files = json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))["files"]
        return [
            _transcript(Path(out), next(file for file in files if file["source"].endswith(path.name))) for path in paths
        ]


def _transcript(out: Path, file: Item) -> Item:
    if not file["outputs"]:
        return {"segments": []}
    content: Item = json.loads((out / file["outputs"][0]["path"]).read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    main()
