"""Which faults do these subtitle files have, and which remain after they are mended?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.config.schema import SubtitleSettings
from pipeline.errors import UsageError
from pipeline.files import write_text
from pipeline.subtitles.bilingual import bilingual_profile
from pipeline.subtitles.finding import Finding
from pipeline.subtitles.language_of import languages_of
from pipeline.subtitles.parse import NotSubtitles, parse
from pipeline.subtitles.profiles import Profile, profile_for
from pipeline.subtitles.repair import lint, repaired

_SUFFIXES = (".srt", ".vtt")


def subtitle_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, and every subtitle below the folders, each once and sorted. Raises UsageError."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
        elif path.exists():
            yield path
        else:
            raise UsageError(f"no such file: {path}")


def lint_file(
    path: Path, settings: SubtitleSettings, language: str | None = None, encoding: str | None = None, fix: bool = False
) -> tuple[Finding, ...]:
    """The findings in one file; with `fix` it is mended first, atomically, and what remains is found.

    Raises UsageError where it cannot be read, OutputError where it cannot be written.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    profile = _profile(settings, (language,) if language else languages_of(path))
    try:
        document = parse(data, str(path), encoding)
    except NotSubtitles as error:
        return (Finding("unreadable", 0, 1, error.message),)
    findings = lint(document, profile)
    if not fix or not any(finding.fixable for finding in findings):
        return findings
    if any(finding.rule in _UNSURE and not finding.fixable for finding in findings):
        return findings
    text = repaired(document, profile).render()
    write_text(path, text)
    return lint(parse(text.encode(), str(path)), profile)


# To write a file again whose text is not known for certain would lose what could still be read from its bytes.
_UNSURE = ("encoding", "time-format", "stray-text")


def _profile(settings: SubtitleSettings, languages: tuple[str, ...]) -> Profile:
    profiles = [profile_for(settings, language) for language in languages]
    return profiles[0] if len(profiles) == 1 else bilingual_profile(*profiles[:2])
