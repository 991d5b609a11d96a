"""How does a CTranslate2 model translate texts?"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any

from pipeline.host.translating.codes import flores, two
from pipeline.host.translating.layouts import Layout
from pipeline.host.translating.sentences import fitting, joined, split
from pipeline.host.translating.translator import Offer, TranslationFailed, TranslatorMissing

MOST_TOKENS = 120
"""A source longer than this is cut: models have seen few sentences that long, and begin to leave things out."""
BATCH_TOKENS = 1024
BEAM = 2
END = "</s>"


class NeuralTranslator:
    """One model, loaded when it is first needed, used by many threads at once."""

    def __init__(self, layout: Layout, threads: int | None = None):
        self._layout = layout
        self._threads = threads or os.cpu_count() or 1
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Any, Any] | None = None
        self.name = layout.name

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._layout.pairs))

    def offers(self) -> tuple[Offer, ...]:
        sources, targets = (tuple(sorted({pair[side] for pair in self._layout.pairs})) for side in (0, 1))
        return (Offer(sources, targets, self.name, self._layout.quality),)

    def supports(self, source: str, target: str) -> bool:
        return (two(source), two(target)) in self._layout.pairs

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        if not self.supports(source, target):
            raise TranslationFailed(f"{self.name} has no translation from {source} to {target}")
        model, encoder, decoder = self._model()

        def fits(part: str) -> bool:
            return len(encoder.encode(part)) <= MOST_TOKENS

        parts = [[part for sentence in split(text) for part in fitting(sentence, fits)] for text in texts]
        flat = [encoder.encode(part, out_type=str) for of_text in parts for part in of_text]
        told = iter(self._told(model, decoder, flat, source, target))
        return [joined([next(told) for _ in of_text], target) for of_text in parts]

    def close(self) -> None:
        self._loaded = None

    def _told(self, model: Any, decoder: Any, pieces: Sequence[list[str]], source: str, target: str) -> list[str]:
        before, after, prefix = self._manners(source, target)
        said = [[*before, *tokens, *after] for tokens in pieces]
        if not said:
            return []
        try:
            results = model.translate_batch(
                said,
                target_prefix=[prefix] * len(said) if prefix else None,
                beam_size=BEAM,
                max_batch_size=BATCH_TOKENS,
                batch_type="tokens",
                # A model that has lost its way repeats itself until it is stopped.
                max_decoding_length=2 * max(map(len, said)) + 16,
            )
        except (RuntimeError, ValueError) as error:
            raise TranslationFailed(f"{self.name}: {error}") from error
        return [str(decoder.decode(result.hypotheses[0][len(prefix) :])) for result in results]

    def _manners(self, source: str, target: str) -> tuple[list[str], list[str], list[str]]:
        """What the model wants before and after the source, and before the target."""
        layout = self._layout
        after = [END] if layout.end_token else []
        here, there = self._token(source), self._token(target)
        if layout.family == "nllb":
            return [here or ""], after, [there or ""]
        if layout.family == "argos":
            return [], after, [there] if there else []
        return [there] if there else [], after, []

    def _token(self, language: str) -> str | None:
        """The script may say more than the language: `zh-Hant` is another token than `zh`."""
        token = self._layout.token(two(language) or "")
        written = flores(language)
        return written if token and written and token[:4] == written[:4] else token

    def _model(self) -> tuple[Any, Any, Any]:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[Any, Any, Any]:
        import ctranslate2
        from sentencepiece import SentencePieceProcessor

        layout = self._layout
        try:
            model = ctranslate2.Translator(
                str(layout.folder),
                device="cpu",
                compute_type="int8",
                inter_threads=self._threads,
                intra_threads=1,
            )
            encoder = SentencePieceProcessor(model_file=str(layout.source_spm))
            decoder = SentencePieceProcessor(model_file=str(layout.target_spm))
        except (RuntimeError, ValueError, OSError) as error:
            raise TranslationFailed(f"{self.name} cannot be loaded: {error}") from error
        return model, encoder, decoder


def check_installed() -> None:
    """Raises TranslatorMissing where the libraries that models need are not there."""
    from importlib.util import find_spec

    missing = [name for name in ("ctranslate2", "sentencepiece") if find_spec(name) is None]
    if missing:
        raise TranslatorMissing(
            f"{' and '.join(missing)} must be installed to translate: pip install 'speech-pipeline[translate]'"
        )
