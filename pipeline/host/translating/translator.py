"""What does the host ask of a translator?"""

from __future__ import annotations

from typing import Protocol


class TranslationFailed(Exception):
    """This text was not translated; the client is told the reason and keeps the recognised text."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Translator(Protocol):
    """Languages are as the client spelt them (`en-US`, `de`, `zh-Hans`): a translator maps them to its own codes."""

    name: str
    """for people and manifests, such as `apertium`"""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair (source, target) on offer, as ISO 639-1 codes, sorted."""

    def supports(self, source: str, target: str) -> bool:
        """Whether a pair is on offer; languages with or without region."""

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        """One translation a text, in order. Blocks; called from worker threads. Raises TranslationFailed."""

    def close(self) -> None:
        """Stop what was started."""
