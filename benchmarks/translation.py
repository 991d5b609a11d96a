"""How good are the translations of the local host?

    python benchmarks/translation.py [--model base]

Two tables of chrF and BLEU (sacrebleu), every engine on its own. Speech to English: recordings of the corpus through
the whole pipeline, against English references that we wrote (data/translation/corpus.en.csv). Text to text: our own
sentences in seven languages (data/translation/parallel.csv), and for the toy models the sentences they were trained
on and those that were held out. The sets are small: read the scores as good, poor or useless, not to the point.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from recordings import corpus
from sacrebleu.metrics import BLEU, CHRF

from pipeline.host.translating import open_translator
from pipeline.host.translating.translator import Translator

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "translation"
LOCALES = {"zh": "zh-CN", "ja": "ja-JP", "ko": "ko-KR", "sv": "sv-SE", "pt": "pt-PT"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    asked = parser.parse_args()
    print("| speech to English | sentences | chrF | BLEU | for example |\n|---|---|---|---|---|")
    for line in speech_rows(asked.model):
        print(line, flush=True)
    print("\n| text to text | engine | sentences | chrF | BLEU |\n|---|---|---|---|---|")
    for line in text_rows():
        print(line, flush=True)


def speech_rows(model: str) -> list[str]:
    english = {row["id"]: row["english"] for row in table(DATA / "corpus.en.csv")}
    by_language: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for item in json.loads((corpus() / "manifest.json").read_text(encoding="utf-8")):
        if item["id"] in english:
            by_language[item["language"]].append((corpus() / item["file"], english[item["id"]]))
    rows, everything = [], []
    for language, pairs in sorted(by_language.items()):
        told = translated([path for path, _ in pairs], language, model)
        wanted = [reference for _, reference in pairs]
        everything += list(zip(told, wanted, strict=True))
        rows.append(f"| {language} | {len(pairs)} | {scores(told, wanted)} | {told[0]} |")
    rows.append(f"| all | {len(everything)} | {scores(*map(list, zip(*everything, strict=True)))} | |")
    return rows


def translated(paths: Sequence[Path], language: str, model: str) -> list[str]:
    """Each recording's English by one run of the pipeline: the real SDK, the real host, Whisper's translate task."""
    locale = LOCALES.get(language, f"{language}-{language.upper()}")
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "pipeline", "transcribe", *map(str, paths), "-o", out, "--format", "json"]
        command += ["--language", locale, "--to", "en", "--progress", "none", "--set", f"service.model={model}"]
        subprocess.run([*command, "--set", "service.translator=none"], check=False, stdout=subprocess.DEVNULL)
        files = {file["source"]: file for file in json.loads((Path(out) / "manifest.json").read_text())["files"]}
        return [
            _english(Path(out), next(file for name, file in files.items() if name.endswith(path.name)))
            for path in paths
        ]


def _english(out: Path, file: dict[str, list[dict[str, str]]]) -> str:
    if not file["outputs"]:
        return ""
    return str(json.loads((out / file["outputs"][0]["path"]).read_text(encoding="utf-8"))["translations"].get("en", ""))


def text_rows() -> list[str]:
    rows = []
    parallel = table(DATA / "parallel.csv")
    apertium = open_translator("apertium") if _has_apertium() else None
    if apertium is not None:
        for source, targets in (("en", "es ca fr it pt"), ("es", "en"), ("ca", "en")):
            rows += [row(apertium, parallel, source, target) for target in targets.split()]
        apertium.close()
    models = DATA / "models"
    for name, targets in (("opus-mt-en-de", "de"), ("translate-en_fr-1_0.argosmodel", "fr"), ("nllb-toy", "de fr")):
        toy = open_translator(str(models / name))
        assert toy is not None
        for target in targets.split():
            for label, sentences in toy_sets():
                rows.append(row(toy, sentences, "en", target, f", {label}"))
        toy.close()
    return rows


def toy_sets() -> list[tuple[str, list[dict[str, str]]]]:
    """What the toys were trained on, what is like it, and what is not."""
    learnt = table(DATA / "sentences.csv")
    known = {sentence["en"] for sentence in learnt}
    others = [sentence for sentence in table(DATA / "parallel.csv") if sentence["en"] not in known]
    return [("learnt", learnt), ("held out", table(DATA / "heldout.csv")), ("others", others)]


def row(translator: Translator, sentences: Sequence[dict[str, str]], source: str, target: str, note: str = "") -> str:
    told = translator.translate([sentence[source] for sentence in sentences], source, target)
    wanted = [sentence[target] for sentence in sentences]
    return f"| {source} to {target}{note} | {translator.name} | {len(sentences)} | {scores(told, wanted)} |"


def scores(told: list[str], wanted: list[str]) -> str:
    bleu = BLEU(effective_order=True).corpus_score(told, [wanted]).score
    return f"{CHRF().corpus_score(told, [wanted]).score:.1f} | {bleu:.1f}"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _has_apertium() -> bool:
    from pipeline.host.translating.apertium import installed

    return installed()


if __name__ == "__main__":
    main()
