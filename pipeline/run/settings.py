"""Which settings hold for one source, and which change of them makes its work be done again?

Two fingerprints: `recognition_key` covers what the transcript depends on (a change costs a new recognition),
`output_key` what the files depend on (a change costs a rendering). Nothing secret is in either, nor in a job.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pipeline.config.override import with_options
from pipeline.config.schema import (
    AudioSettings,
    Config,
    RecognitionSettings,
    ServiceSettings,
    SubtitleSettings,
    TranslationSettings,
)

# A new number makes every output be rendered again: raise it when a writer changes what it writes.
RENDERING = 1


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Everything a job needs to know, without a secret."""

    audio: AudioSettings
    recognition: RecognitionSettings
    translation: TranslationSettings
    subtitles: SubtitleSettings
    formats: tuple[str, ...]
    recogniser: tuple[tuple[str, str | None], ...]
    """what recognises: kind, then model, ear and translator of a local host, or the custom model's id"""
    recognition_key: str
    output_key: str


def job_settings(config: Config, options: tuple[tuple[str, str], ...] = ()) -> JobSettings:
    """The settings for one source: the config, with its row of the options table over it."""
    config = with_options(config, options)
    recogniser = _recogniser(config.service)
    return JobSettings(
        audio=config.audio,
        recognition=config.recognition,
        translation=config.translation,
        subtitles=config.subtitles,
        formats=tuple(config.output.formats),
        recogniser=recogniser,
        recognition_key=_digest(
            recogniser,
            config.audio.model_dump(mode="json", include={"input", "channels"}),
            config.recognition.model_dump(mode="json"),
            config.translation.targets,
        ),
        output_key=_digest(
            RENDERING,
            sorted(config.output.formats),
            config.subtitles.model_dump(mode="json"),
            config.translation.bilingual,
        ),
    )


def settings_key(settings: JobSettings) -> str:
    """One fingerprint of all that shapes results, for manifests."""
    return _digest(settings.recognition_key, settings.output_key)


def _recogniser(service: ServiceSettings) -> tuple[tuple[str, str | None], ...]:
    """Not where the service is, but what recognises there: a change of region changes no word."""
    if service.kind == "local" and not (service.host or service.endpoint or service.endpoints):
        return (("kind", "local"), ("model", service.model), ("ear", service.ear), ("translator", service.translator))
    models = {endpoint.endpoint_id or service.endpoint_id for endpoint in service.endpoints} or {service.endpoint_id}
    return (("kind", service.kind), ("endpoint_id", ",".join(sorted(filter(None, models))) or None))


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
