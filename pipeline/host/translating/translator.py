"""What does the host ask of a translator?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class TranslationFailed(Exception):
    """This text was not translated; the client is told the reason and keeps the recognised text."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class TranslatorMissing(Exception):
    """A translator was asked for that is not on this machine; the message says how to get it."""


ROUGH = "rough"
"""How the quality of an engine begins that gives the gist at most."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of what a translator can do: from any of the sources to any of the targets (ISO 639-1 codes)."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    engine: str
    quality: str
    """what a reader may expect of the text, in a few words"""


class Translator(Protocol):
    """Languages are as the client spelt them (`en-US`, `de`, `zh-Hans`): a translator maps them to its own codes."""

    name: str
    """for people and manifests, such as `apertium (rough)`"""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair (source, target) on offer, as ISO 639-1 codes, sorted."""

    def offers(self) -> tuple[Offer, ...]:
        """The same with engine and quality, in the order of trust."""

    def supports(self, source: str, target: str) -> bool:
        """Whether a pair is on offer; languages with or without region."""

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        """One translation a text, in order. Blocks; called from worker threads. Raises TranslationFailed."""

    def close(self) -> None:
        """Stop what was started."""
