"""What do two spellings of a language have in common?"""

from __future__ import annotations


def primary(language: str) -> str:
    """`de` of `de-AT`, in lower case."""
    return language.partition("-")[0].lower()
