"""Text in one language to text in another, for the host."""

from __future__ import annotations

import logging
from pathlib import Path

from pipeline.host.model_places import Progress
from pipeline.host.translating.layouts import PACKED, BadModel
from pipeline.host.translating.translator import Translator, TranslatorMissing

log = logging.getLogger(__name__)

CHOICES = "auto, none, apertium, scripted, a folder of CTranslate2 models, an .argosmodel file, or a model's name"


def open_translator(spec: str, progress: Progress | None = None) -> Translator | None:
    """The translator that `--translator` names: one choice, or several with commas, the most trusted first.

    None: no translation but the ear's own. Raises ValueError for what is no choice, TranslatorMissing for what is not
    on this machine.
    """
    if spec == "none":
        return None
    if spec == "auto":
        return _together(_automatic())
    return _together([engine for part in spec.split(",") for engine in _named(part.strip(), progress or _quiet)])


def _automatic() -> list[Translator]:
    """What is there: models in the cache, then Apertium. What is broken is left out, and said."""
    from pipeline.host.translating import apertium, store

    engines: list[Translator] = []
    for path in store.entries(store.home()):
        try:
            engines += _models(path)
        except (BadModel, TranslatorMissing) as error:
            log.warning("not used for translation: %s", error)
    if apertium.installed():
        engines.append(apertium.ApertiumTranslator())
    return engines


def _named(choice: str, progress: Progress) -> list[Translator]:
    if choice == "scripted":
        from pipeline.host.translating.scripted import ScriptedTranslator

        return [ScriptedTranslator()]
    if choice == "apertium":
        from pipeline.host.translating.apertium import ApertiumTranslator

        return [ApertiumTranslator()]
    if choice and Path(choice).expanduser().exists():
        return _models(Path(choice).expanduser())
    from pipeline.host.translating import store

    if not store.is_name(choice):
        raise ValueError(f"no translator {choice!r}: {CHOICES}")
    return _models(store.fetched(choice, progress))


def _models(folder: Path) -> list[Translator]:
    from pipeline.host.translating import neural, store

    layouts = store.found(folder)
    if not layouts:
        raise BadModel(f"{folder} holds no CTranslate2 model and no {PACKED} file")
    neural.check_installed()
    return [neural.NeuralTranslator(layout) for layout in layouts]


def _together(engines: list[Translator]) -> Translator | None:
    from pipeline.host.translating.several import SeveralTranslators

    return SeveralTranslators(engines) if engines else None


def _quiet(done_bytes: int, total_bytes: int) -> None:
    return
