"""Which programs made a transcript?"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from pipeline import __version__
from pipeline.run.settings import JobSettings
from pipeline.values import MadeBy


@cache
def sdk_version() -> str:
    """The Speech SDK's version, without importing it."""
    try:
        return version("azure-cognitiveservices-speech")
    except PackageNotFoundError:
        return "missing"


def made_by(settings: JobSettings, model: str | None) -> MadeBy:
    """`model` is what the local host said it recognises with; a cloud service does not say."""
    recogniser = dict(settings.recogniser)
    return MadeBy(
        pipeline=__version__,
        sdk=sdk_version(),
        service=str(recogniser["kind"]),
        model=model or recogniser.get("endpoint_id"),
        settings=settings.recognition_key,
    )
