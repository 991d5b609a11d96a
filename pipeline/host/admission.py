"""May this client come in, and can its wishes be served?"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping

from pipeline.host.hearing.ear import Ear
from pipeline.host.interpret import untranslatable
from pipeline.host.translating.translator import Translator
from pipeline.host.wanted import Dialled, Wanted


def has_key(headers: Mapping[str, str], key: str) -> bool:
    """Whether headers (lower-case names) carry the key, as a subscription key or as a bearer token."""
    said = (headers.get("ocp-apim-subscription-key", ""), headers.get("authorization", "").removeprefix("Bearer "))
    # Headers may hold any bytes; os.fsencode gives them back where text cannot.
    return any(hmac.compare_digest(os.fsencode(secret), os.fsencode(key)) for secret in said)


def unserved_address(at: Dialled, ear: Ear, translator: Translator | None) -> str:
    """Why the languages in the address cannot be served; empty: they can, or the address does not say."""
    unknown = [language for language in at.languages if not ear.supports(language)]
    if unknown:
        return f"language {', '.join(unknown)} is not supported"
    if at.targets:
        return untranslatable(at.languages, at.targets, ear, translator)
    return ""


def unserved(wanted: Wanted, ear: Ear, translator: Translator | None) -> str:
    """Why a turn cannot be served; empty: it can."""
    unknown = [language for language in wanted.languages if not ear.supports(language)]
    if unknown:
        return f"language {', '.join(unknown)} is not supported by {ear.name}"
    if wanted.synthesis:
        return "speech synthesis is not supported"
    if wanted.diarize and not ear.diarizes:
        return (
            f"speaker diarization is not supported by {ear.name} without its model: speech-pipeline model fetch voices"
        )
    return untranslatable(wanted.languages, wanted.targets, ear, translator)
