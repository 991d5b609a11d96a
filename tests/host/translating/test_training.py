"""The toy models are what their script makes of their sentences."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.host.translating import open_translator

pytest.importorskip("ctranslate2")
pytest.importorskip("sentencepiece")

DATA = Path(__file__).resolve().parents[3] / "data" / "translation"
TRAIN = """
import csv, sys
from pathlib import Path
import make_models
with open("sentences.csv", encoding="utf-8", newline="") as file:
    make_models.make_opus(list(csv.DictReader(file)), Path(sys.argv[1]))
"""


def learnt(model: Path, target: str) -> float:
    """The share of the training sentences that come out word for word."""
    translator = open_translator(str(model))
    assert translator is not None
    with (DATA / "sentences.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = translator.translate([row["en"] for row in rows], "en", target)
    return sum(text == row[target] for text, row in zip(told, rows, strict=True)) / len(rows)


@pytest.mark.parametrize(
    ("model", "target"),
    [("opus-mt-en-de", "de"), ("translate-en_fr-1_0.argosmodel", "fr"), ("nllb-toy", "de"), ("nllb-toy", "fr")],
)
def test_the_models_know_their_sentences(model: str, target: str) -> None:
    assert learnt(DATA / "models" / model, target) > 0.9


@pytest.mark.slow
def test_training_again_gives_a_model_that_knows_as_much(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", TRAIN, str(tmp_path)], cwd=DATA, check=True, timeout=900)
    assert learnt(tmp_path / "opus-mt-en-de", "de") > 0.9
