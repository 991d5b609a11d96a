"""Text in one language to text in another, for the host."""

from __future__ import annotations

from pipeline.host.translating.translator import Translator


def open_translator(spec: str) -> Translator | None:
    """The translator that `--translator` names; None: no translation but the ear's own. Raises ValueError."""
    if spec in ("none", "auto"):
        return None
    if spec == "scripted":
        from pipeline.host.translating.scripted import ScriptedTranslator

        return ScriptedTranslator()
    raise ValueError(f"no translator {spec!r}: auto, none, scripted")
