"""Real tokenizers, real CTranslate2, real text: the toy models in the layouts of OPUS-MT, Argos and NLLB."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from pipeline.host.translating import open_translator, store
from pipeline.host.translating.layouts import BadModel, read
from pipeline.host.translating.several import SeveralTranslators
from pipeline.host.translating.translator import Offer, TranslationFailed, Translator

pytest.importorskip("ctranslate2")
pytest.importorskip("sentencepiece")

ENGLISH = ["The market opens at seven every Saturday.", "Good night."]
GERMAN = ["Der Markt öffnet jeden Samstag um sieben.", "Gute Nacht."]
FRENCH = ["Le marché ouvre à sept heures chaque samedi.", "Bonne nuit."]
TOY = "toy: knows some 300 sentences by heart"


def opened(spec: object) -> Translator:
    translator = open_translator(str(spec))
    assert translator is not None
    return translator


@pytest.mark.parametrize(
    ("model", "source", "target", "texts", "expected"),
    [
        ("opus-mt-en-de", "en-US", "de", ENGLISH, GERMAN),
        ("opus-mt-en-de", "en", "de-AT", ENGLISH[::-1], GERMAN[::-1]),
        ("translate-en_fr-1_0.argosmodel", "en-GB", "fr-CA", ENGLISH, FRENCH),
        ("nllb-toy", "en", "de", ENGLISH, GERMAN),
        ("nllb-toy", "en", "fr", ENGLISH, FRENCH),
    ],
)
def test_every_family_of_models_translates(
    toys: Path, model: str, source: str, target: str, texts: list[str], expected: list[str]
) -> None:
    assert opened(toys / model).translate(texts, source, target) == expected


def test_a_paragraph_is_translated_sentence_by_sentence_in_order(toys: Path) -> None:
    opus = opened(toys / "opus-mt-en-de")
    assert opus.translate([" ".join(ENGLISH * 3), "", ENGLISH[1]], "en", "de") == [
        " ".join(GERMAN * 3),
        "",
        GERMAN[1],
    ]


def test_a_folder_of_models_offers_what_each_has(toys: Path) -> None:
    everything = opened(toys)
    assert everything.name == "nllb-toy, opus-mt-en-de, translate-en_fr-1_0"
    assert everything.offers() == (
        Offer(("de", "en", "fr"), ("de", "en", "fr"), "nllb-toy", TOY),
        Offer(("en",), ("de",), "opus-mt-en-de", TOY),
        Offer(("en",), ("fr",), "translate-en_fr-1_0", TOY),
    )


def test_one_session_has_targets_from_two_models(toys: Path) -> None:
    both = opened(f"{toys / 'opus-mt-en-de'},{toys / 'translate-en_fr-1_0.argosmodel'}")
    assert both.pairs() == (("en", "de"), ("en", "fr"))
    assert [both.translate(ENGLISH[:1], "en-US", target)[0] for target in ("de", "fr")] == [GERMAN[0], FRENCH[0]]


def test_two_models_are_chained_where_neither_has_the_pair(toys: Path, tmp_path: Path) -> None:
    turned = tmp_path / "opus-mt-de-en"
    shutil.copytree(toys / "opus-mt-en-de", turned)  # what it says is wrong, but it says it
    chain = opened(f"{turned},{toys / 'translate-en_fr-1_0.argosmodel'}")
    assert ("de", "fr") in chain.pairs()
    assert chain.offers()[-1] == Offer(("de",), ("fr",), "opus-mt-de-en + translate-en_fr-1_0", "rough, by way of en")
    assert chain.translate(["Good night."], "de", "fr")[0]


def test_a_pair_that_no_model_has_is_a_failure_and_no_silence(toys: Path) -> None:
    with pytest.raises(TranslationFailed, match="no translation from en to ja"):
        opened(toys).translate(["Good night."], "en", "ja")


def test_a_text_far_too_long_is_cut_and_stays_within_bounds(toys: Path) -> None:
    (told,) = opened(toys / "opus-mt-en-de").translate(["the house and " * 400], "en", "de")
    assert 0 < len(told) < 100_000


def test_an_unpacked_argos_package_is_a_model_too(toys: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(toys / "translate-en_fr-1_0.argosmodel") as archive:
        archive.extractall(tmp_path)
    assert opened(tmp_path / "translate-en_fr-1_0").translate(ENGLISH, "en", "fr") == FRENCH


def test_a_package_is_unpacked_once_and_writes_nothing_outside(toys: Path, tmp_path: Path) -> None:
    package = tmp_path / "evil.argosmodel"
    with zipfile.ZipFile(toys / "translate-en_fr-1_0.argosmodel") as good, zipfile.ZipFile(package, "w") as bad:
        for member in good.namelist():
            bad.writestr(member, good.read(member))
        for member in ("x/model/../../../escaped", "../model/escaped", "x/evil.py", "/model/abs"):
            bad.writestr(member, b"out")
    folder = store.unpacked(package)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        "abs",
        "config.json",
        "escaped",
        "metadata.json",
        "model.bin",
        "sentencepiece.model",
        "shared_vocabulary.json",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "evil.argosmodel"}
    before = (folder / "metadata.json").stat().st_mtime_ns
    assert store.unpacked(package) == folder
    assert (folder / "metadata.json").stat().st_mtime_ns == before


def test_auto_finds_the_models_of_the_cache_and_leaves_broken_ones_out(
    toys: Path, cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # no Apertium
    assert open_translator("auto") is None
    shutil.copytree(toys / "opus-mt-en-de", cache / "translation" / "opus-mt-en-de")
    (cache / "translation" / "broken.argosmodel").write_bytes(b"not a zip")
    found = opened("auto")
    assert found.pairs() == (("en", "de"),)
    assert "broken.argosmodel is not an Argos package" in caplog.text


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (["model.bin"], "has no tokenizer that is known"),
        (["model.bin", "source.spm", "target.spm", "shared_vocabulary.json"], "does not say its languages"),
        (["model.bin", "sentencepiece.bpe.model", "shared_vocabulary.json"], "has no tokens that name languages"),
        (["model.bin", "source.spm", "target.spm"], "has no shared_vocabulary.json"),
        ([], "holds no CTranslate2 model"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(tmp_path: Path, files: list[str], reason: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("[]")
    with pytest.raises(BadModel, match=reason):
        open_translator(str(folder))


def test_a_model_that_cannot_be_loaded_fails_its_texts_with_a_reason(toys: Path, tmp_path: Path) -> None:
    folder = tmp_path / "opus-mt-en-de"
    shutil.copytree(toys / "opus-mt-en-de", folder)
    (folder / "model.bin").write_bytes(b"garbage" * 100)
    with pytest.raises(TranslationFailed, match="opus-mt-en-de cannot be loaded: "):
        opened(folder).translate(["Good night."], "en", "de")


@pytest.mark.parametrize(
    ("files", "pairs"),
    [
        ({"metadata.json": {"from_code": "en", "to_code": "nb"}}, (("en", "no"),)),
        ({"tokenizer_config.json": {"source_lang": "deu", "target_lang": "eng"}}, (("de", "en"),)),
        ({"shared_vocabulary.json": ["<unk>", ">>fra<<", ">>spa<<", ">>xxx<<"]}, (("en", "es"), ("en", "fr"))),
    ],
)
def test_an_opus_model_says_its_languages_in_one_of_three_places(
    tmp_path: Path, files: dict[str, object], pairs: tuple[tuple[str, str], ...]
) -> None:
    folder = tmp_path / "opus-mt-en-ROMANCE"
    folder.mkdir()
    for name, content in {"shared_vocabulary.json": [], "source.spm": 0, "target.spm": 0, **files}.items():
        (folder / name).write_text(json.dumps(content))
    assert read(folder).pairs == pairs


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("opus-mt-en-de", ("en", "de")),
        ("owner--opus-mt-nl-en-ctranslate2", ("nl", "en")),
        ("opus-mt-tc-big-en-ca", ("en", "ca")),
        ("translate-en_zh-1_9", ("en", "zh")),
        ("deu-eng", ("de", "en")),
        ("en_es", ("en", "es")),
    ],
)
def test_the_name_of_a_folder_says_its_languages(tmp_path: Path, name: str, pair: tuple[str, str]) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for file in ("source.spm", "target.spm", "shared_vocabulary.json"):
        (folder / file).write_text("[]")
    assert read(folder).pairs == (pair,)


def test_the_first_engine_that_has_a_pair_translates_it(toys: Path) -> None:
    opus, nllb = opened(toys / "opus-mt-en-de"), opened(toys / "nllb-toy")
    assert SeveralTranslators([opus, nllb]).translate(ENGLISH, "en", "de") == GERMAN
    opus.close()
    assert opus.translate(ENGLISH, "en", "de") == GERMAN  # loaded again
