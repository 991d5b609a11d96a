"""Which CTranslate2 translation models does a folder hold, and how does each want to be spoken to?

Three families are known by their files: OPUS-MT (`source.spm`, `target.spm`), Argos (`metadata.json`, `model/` and
`sentencepiece.model`, packed as .argosmodel or not), and NLLB or M2M-100 (`sentencepiece.bpe.model`, and tokens that
name languages). A `metadata.json` with `from_code`, `to_code` or `quality` may stand in any of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.host.translating.codes import FLORES, two
from pipeline.host.translating.routes import Pair

WEIGHTS = "model.bin"
PACKED = ".argosmodel"

_PAIR_IN_NAME = re.compile(r"(?:^|[-_])(?=([a-z]{2,3})[-_]([a-z]{2,3})(?:$|[-_.]))")
_TARGET_TOKEN = re.compile(r">>([a-z]{2,3})(?:_\w+)?<<")


class BadModel(ValueError):
    """A folder is no translation model that can be used; the message says why."""


@dataclass(frozen=True)
class Layout:
    """A model's files and its manners.

    `source_tokens` and `target_tokens` are the tokens that name a language, by its ISO 639-1 code, where a model wants
    them: before the source (with the source's token for NLLB, with the target's for OPUS-MT), or before the target.
    """

    name: str
    family: Literal["opus", "argos", "nllb"]
    folder: Path
    source_spm: Path
    target_spm: Path
    pairs: tuple[Pair, ...]
    quality: str
    end_token: bool
    """whether `</s>` must follow the source"""
    language_tokens: tuple[tuple[str, str], ...] = ()

    def token(self, language: str) -> str | None:
        """The token that names a language; None: this model has none for it."""
        return dict(self.language_tokens).get(language)


def is_model(folder: Path) -> bool:
    return (folder / WEIGHTS).is_file() or (folder / "model" / WEIGHTS).is_file()


def read(folder: Path) -> Layout:
    """The layout of one model's folder. Raises BadModel."""
    about = _json(folder / "metadata.json")
    if (folder / "source.spm").is_file() and (folder / "target.spm").is_file():
        return _opus(folder, about)
    if (folder / "sentencepiece.bpe.model").is_file():
        return _nllb(folder, about)
    if (folder / "sentencepiece.model").is_file() and (folder / "model" / WEIGHTS).is_file():
        return _argos(folder, about)
    raise BadModel(
        f"{folder} has no tokenizer that is known: source.spm and target.spm (OPUS-MT), sentencepiece.model (Argos), "
        "or sentencepiece.bpe.model (NLLB)"
    )


def _opus(folder: Path, about: dict[str, Any]) -> Layout:
    tokens = {
        two(found.group(1)): found.group() for found in map(_TARGET_TOKEN.fullmatch, _vocabulary(folder)) if found
    }
    named = tuple(sorted((code, token) for code, token in tokens.items() if code))
    pairs = _pairs_to(folder, about, [code for code, _ in named])
    return Layout(
        folder.name,
        "opus",
        folder,
        folder / "source.spm",
        folder / "target.spm",
        pairs,
        _quality(about),
        not _config(folder).get("add_source_eos"),
        named,
    )


def _argos(folder: Path, about: dict[str, Any]) -> Layout:
    model, spm = folder / "model", folder / "sentencepiece.model"
    prefix = about.get("target_prefix")
    pair = _pair(folder, about)
    tokens = ((pair[1], str(prefix)),) if prefix else ()
    return Layout(folder.name, "argos", model, spm, spm, (pair,), _quality(about), False, tokens)


def _nllb(folder: Path, about: dict[str, Any]) -> Layout:
    vocabulary = set(_vocabulary(folder))
    flores = {code: token for code, token in FLORES.items() if token in vocabulary}
    m2m = {code: f"__{code}__" for code in FLORES if f"__{code}__" in vocabulary}
    named = tuple(sorted((flores or m2m).items()))
    codes = [code for code, _ in named]
    pairs = tuple((source, target) for source in codes for target in codes if source != target)
    if not pairs:
        raise BadModel(f"{folder} has no tokens that name languages in its vocabulary")
    spm = folder / "sentencepiece.bpe.model"
    end = not _config(folder).get("add_source_eos")
    return Layout(folder.name, "nllb", folder, spm, spm, pairs, _quality(about), end, named)


def _pairs_to(folder: Path, about: dict[str, Any], targets: list[str]) -> tuple[Pair, ...]:
    if not targets:
        return (_pair(folder, about),)
    source = two(str(about.get("from_code") or _json(folder / "tokenizer_config.json").get("source_lang") or ""))
    # `opus-mt-en-ROMANCE`: a group of targets is no code, its source is.
    named = re.search(r"opus-mt-(?:tc-\w+-)?([a-z]{2,3})-", folder.name)
    source = source or (two(named.group(1)) if named else None)
    if source is None:
        raise BadModel(_unnamed(folder))
    return tuple((source, target) for target in targets if target != source)


def _pair(folder: Path, about: dict[str, Any]) -> Pair:
    tokenizer = _json(folder / "tokenizer_config.json")
    said = [
        (about.get("from_code"), about.get("to_code")),
        (tokenizer.get("source_lang"), tokenizer.get("target_lang")),
        *_PAIR_IN_NAME.findall(folder.name.rpartition("opus-mt-")[2]),
    ]
    known = [(two(str(source)), two(str(target))) for source, target in said]
    for source, target in known:
        if source and target:
            return source, target
    raise BadModel(_unnamed(folder))


def _unnamed(folder: Path) -> str:
    return f'{folder} does not say its languages: add metadata.json, {{"from_code": "en", "to_code": "de"}}'


def _quality(about: dict[str, Any]) -> str:
    return str(about.get("quality") or "neural")


def _config(folder: Path) -> dict[str, Any]:
    return _json(folder / "config.json")


def _vocabulary(folder: Path) -> list[str]:
    for name in ("shared_vocabulary", "target_vocabulary"):
        if (folder / f"{name}.json").is_file():
            return [str(token) for token in _json_list(folder / f"{name}.json")]
        if (folder / f"{name}.txt").is_file():
            return (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    raise BadModel(f"{folder} has no shared_vocabulary.json")


def _json_list(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadModel(f"{path} cannot be read: {error}") from error
    if not isinstance(content, list):
        raise BadModel(f"{path} is not a list of tokens")
    return content


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
