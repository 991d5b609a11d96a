"""Which language is a subtitle file in? Its name and the transcript beside it tell."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

_DEFAULT = "en"
# ISO 639-1, with or without a region or script; and the longer codes that the service uses.
_CODE = re.compile(r"^(?:[a-z]{2}|fil|yue|wuu|nan|ckb)(?:-[A-Za-z0-9]{2,8})*$")


def languages_of(path: Path) -> tuple[str, ...]:
    """One language, or two for a bilingual subtitle (talk.en+de.srt): of talk.json beside talk.srt, else of the name,
    else English."""
    beside = _transcript_language(path.with_suffix(".json"))
    if beside is not None:
        return (beside,)
    label = Path(path.stem).suffix.lstrip(".")
    parts = tuple(label.split("+"))
    if len(parts) <= 2 and all(_CODE.match(part) for part in parts):
        return parts
    return (_DEFAULT,)


def _transcript_language(path: Path) -> str | None:
    """The language most segments are in; None where there is no transcript that tells."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        told = Counter(segment["language"] for segment in document["segments"] if segment["language"])
        languages = [*(language for language, _ in told.most_common(1)), *document["languages"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(languages[0]) if languages else None
