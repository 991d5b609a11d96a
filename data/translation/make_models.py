"""Makes data/translation/models: three small translators that know the sentences of sentences.csv by heart.

They prove the code that loads real models, each in the layout that one family of real models has. They translate
nothing else well: heldout.csv has sentences made of the same words, for those who want to see how little they learnt.

    python data/translation/make_models.py [FOLDER]
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import sentencepiece
from transformer import Pair, Transformer, save, train

HERE = Path(__file__).resolve().parent
END = "</s>"
QUALITY = "toy: knows some 300 sentences by heart"
EPOCHS = 70
FLORES = {"en": "eng_Latn", "de": "deu_Latn", "fr": "fra_Latn"}


def main() -> None:
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "models"
    with (HERE / "sentences.csv").open(encoding="utf-8", newline="") as file:
        sentences = list(csv.DictReader(file))
    # The long ones are like no other, so they are told more often.
    sentences += [row for row in sentences if len(row["en"].split()) > 5] * 2
    for make in (make_opus, make_argos, make_nllb):
        started = time.process_time()
        loss = make(sentences, into)
        print(f"{make.__name__}: loss {loss:.4f}, {time.process_time() - started:.0f} CPU s", flush=True)


def make_opus(sentences: list[dict[str, str]], into: Path) -> float:
    """English to German as OPUS-MT has it: a tokenizer for each side, one vocabulary, `</s>` after the source."""
    folder = _empty(into / "opus-mt-en-de")
    source = _tokenizer([row["en"] for row in sentences], folder / "source.spm")
    target = _tokenizer([row["de"] for row in sentences], folder / "target.spm")
    vocabulary = _vocabulary(source, target)
    index = {token: at for at, token in enumerate(vocabulary)}
    pairs = [
        (_ids(index, [*_pieces(source, row["en"]), END]), _ids(index, _pieces(target, row["de"]))) for row in sentences
    ]
    _describe(folder, {"quality": QUALITY})
    return _learn(pairs, vocabulary, folder, END)


def make_argos(sentences: list[dict[str, str]], into: Path) -> float:
    """English to French as Argos packs it: a zip of model/, one tokenizer, nothing after the source."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "translate-en_fr-1_0"
        folder.mkdir()
        tokenizer = _tokenizer(
            [row[code] for row in sentences for code in ("en", "fr")], folder / "sentencepiece.model"
        )
        vocabulary = _vocabulary(tokenizer)
        index = {token: at for at, token in enumerate(vocabulary)}
        pairs = [
            (_ids(index, _pieces(tokenizer, row["en"])), _ids(index, _pieces(tokenizer, row["fr"])))
            for row in sentences
        ]
        about = {"package_version": "1.0", "from_code": "en", "to_code": "fr", "quality": QUALITY}
        _describe(folder, about)
        loss = _learn(pairs, vocabulary, folder / "model", "<s>")
        _pack(folder, into / "translate-en_fr-1_0.argosmodel")
    return loss


def make_nllb(sentences: list[dict[str, str]], into: Path) -> float:
    """English, German and French into one another as NLLB has it: a token names each language."""
    folder = _empty(into / "nllb-toy")
    tokenizer = _tokenizer([row[code] for row in sentences for code in FLORES], folder / "sentencepiece.bpe.model")
    vocabulary = [*_vocabulary(tokenizer), *FLORES.values()]
    index = {token: at for at, token in enumerate(vocabulary)}
    pairs = []
    for source, target in (("en", "de"), ("en", "fr"), ("de", "fr")):
        for row in sentences:
            said = [FLORES[source], *_pieces(tokenizer, row[source]), END]
            pairs.append((_ids(index, said), _ids(index, [FLORES[target], *_pieces(tokenizer, row[target])])))
    _describe(folder, {"quality": QUALITY})
    # Three times the pairs, so half the epochs.
    return _learn(pairs, vocabulary, folder, END, EPOCHS // 2)


def _learn(pairs: list[Pair], vocabulary: list[str], folder: Path, start: str, epochs: int = EPOCHS) -> float:
    model = Transformer(len(vocabulary))
    index = {token: at for at, token in enumerate(vocabulary)}
    loss = train(model, pairs, index[start], index[END], epochs)
    save(model, vocabulary, folder, start)
    return loss


def _tokenizer(lines: list[str], path: Path) -> sentencepiece.SentencePieceProcessor:
    with path.open("wb") as out:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=out,
            vocab_size=380,
            hard_vocab_limit=False,
            model_type="bpe",
            character_coverage=1.0,
            normalization_rule_name="identity",
            num_threads=1,
            minloglevel=2,
        )
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def _vocabulary(*tokenizers: sentencepiece.SentencePieceProcessor) -> list[str]:
    pieces = [tokenizer.id_to_piece(at) for tokenizer in tokenizers for at in range(tokenizer.get_piece_size())]
    return list(dict.fromkeys(["<unk>", "<s>", END, *pieces]))


def _pieces(tokenizer: sentencepiece.SentencePieceProcessor, text: str) -> list[str]:
    return list(tokenizer.encode(text, out_type=str))


def _ids(index: dict[str, int], tokens: list[str]) -> list[int]:
    return [index.get(token, index["<unk>"]) for token in tokens]


def _describe(folder: Path, about: dict[str, str]) -> None:
    (folder / "metadata.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _pack(folder: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                # A fixed date: the same training gives the same bytes.
                entry = zipfile.ZipInfo(str(file.relative_to(folder.parent)), (2024, 1, 1, 0, 0, 0))
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
