"""How do segments read one after another?"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.subtitles.profiles import UNSPACED, primary
from pipeline.values import Segment


def text_of(segments: Iterable[Segment], target: str | None = None) -> str:
    """The texts on one line, with a space between where the language has spaces."""
    found = ""
    for segment in segments:
        text = segment.text if target is None else segment.translations.get(target, "")
        text = " ".join(text.split())
        if found and text:
            found += "" if primary(target or segment.language) in UNSPACED else " "
        found += text
    return found
