"""How does a result of the SDK become a Segment?

Pure. Ticks (100 ns) become milliseconds here and nowhere else. The service's own JSON is read, not the SDK's object
model: it holds the words, the lexical form and the confidences that the objects leave out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from pipeline.values import Segment, Word

TICKS_PER_MS = 10_000


def to_ms(ticks: int) -> int:
    return int(ticks) // TICKS_PER_MS


def segment(
    raw: str,
    offset_ticks: int,
    duration_ticks: int,
    *,
    text: str,
    language: str | None,
    speaker: str | None = None,
    translations: Mapping[str, str] | None = None,
    targets: tuple[str, ...] = (),
) -> Segment:
    """One recognised result as a Segment on the session's clock.

    `raw` is the result's JSON; `offset_ticks` is where the SDK says the result begins. For a translation the JSON's
    own offsets are relative to the turn and are not rebased by the SDK after a reconnect, so every time in it is
    shifted by the difference.
    """
    phrase, translation = _phrase_of(_parse(raw))
    best = (phrase.get("NBest") or [{}])[0]
    shift = offset_ticks - int(phrase.get("Offset", offset_ticks))
    found = dict(translations or {})
    return Segment(
        start_ms=to_ms(offset_ticks),
        end_ms=to_ms(offset_ticks + duration_ticks),
        text=text,
        lexical=best.get("Lexical", ""),
        confidence=best.get("Confidence"),
        language=language or _language_of(phrase),
        speaker=speaker or None,
        channel=0,
        translations={target: found[target] for target in _in_order(found, targets) if found[target]},
        untranslated=_untranslated(found, targets, translation),
        words=tuple(_words(best, shift)),
    )


def _parse(raw: str) -> dict[str, Any]:
    try:
        parsed = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _phrase_of(message: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The phrase and the part that tells of the translation; a universal v2 message nests the phrase."""
    if "SpeechPhrase" in message:
        return message["SpeechPhrase"], message
    return message, message.get("Translation") or {}


def _language_of(phrase: dict[str, Any]) -> str | None:
    return (phrase.get("PrimaryLanguage") or {}).get("Language")


def _words(best: dict[str, Any], shift: int) -> list[Word]:
    """Display words where the service gives them, else the lexical ones; confidences come with the lexical ones."""
    lexical = best.get("Words") or []
    display = best.get("DisplayWords") or []
    confidences = [word.get("Confidence") for word in lexical]
    if display and len(display) != len(lexical):
        confidences = [None] * len(display)
    chosen = [(word["DisplayText"], word) for word in display] or [(word["Word"], word) for word in lexical]
    return [
        Word(
            text=sys.intern(str(text)),  # a language has fewer words than a recording
            start_ms=to_ms(word["Offset"] + shift),
            end_ms=to_ms(word["Offset"] + word["Duration"] + shift),
            confidence=confidence,
        )
        for (text, word), confidence in zip(chosen, confidences, strict=True)
    ]


def _in_order(found: Mapping[str, str], targets: tuple[str, ...]) -> list[str]:
    return [t for t in targets if t in found] + [t for t in found if t not in targets]


def _untranslated(found: Mapping[str, str], targets: tuple[str, ...], translation: dict[str, Any]) -> dict[str, str]:
    """Targets that were asked for and did not come, with the service's reason: never silently empty."""
    missing = [target for target in targets if not found.get(target)]
    if not missing:
        return {}
    status = translation.get("TranslationStatus", "missing")
    reason = translation.get("FailureReason") or f"translation status {status}"
    return dict.fromkeys(missing, reason)
