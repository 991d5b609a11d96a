"""Which files still need work, and why do the others not?

Resume lives here: what the ledger knows of a file is held against the file as it is now and the settings as they are
now. Each file becomes a Job with its reason, or a Skip with its reason.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from pipeline.config.schema import Config
from pipeline.run.entries import outputs_of
from pipeline.run.ledger import Known
from pipeline.run.settings import JobSettings, job_settings
from pipeline.values import Source

# Names of one output folder that are remembered: some 40 MB.
MOST_LISTED = 200_000
# SQLite takes 999 values in one question, wherever it was built.
AT_ONCE = 500
_PATH = re.compile(r'"path": "([^"]*)"')

Lookup = Callable[[Sequence[str]], Mapping[str, Known]]


@dataclass(frozen=True, slots=True)
class Job:
    """One source to be worked on. `known` is what the ledger holds of it; `render_only` costs no service call."""

    source: Source
    settings: JobSettings
    reason: str
    known: Known | None = None
    render_only: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks beyond the config."""

    only: tuple[str, ...] = ()
    retry_failed: bool = True
    force: bool = False


def plan(sources: Iterable[Source], config: Config, output: Path, known: Lookup, asked: Asked) -> Iterator[Job | Skip]:
    """A decision a source, in the order of the sources."""
    base = job_settings(config)
    rows: dict[tuple[tuple[str, str], ...], JobSettings] = {(): base}
    outputs = _Outputs(os.fspath(output))
    for source, found in _looked_up(sources, known):
        if asked.only and not any(fnmatch.fnmatch(source.name, pattern) for pattern in asked.only):
            yield Skip(source.name, "excluded")
            continue
        if source.options not in rows:
            rows[source.options] = job_settings(config, source.options)
        yield _decide(source, rows[source.options], found, outputs, asked)


def _looked_up(sources: Iterable[Source], known: Lookup) -> Iterator[tuple[Source, Known | None]]:
    """Each source with what is known of it; the ledger is asked by the hundred, at half the price."""
    sources = iter(sources)
    while some := list(itertools.islice(sources, AT_ONCE)):
        found = known([source.name for source in some])
        for source in some:
            yield source, found.get(source.name)


def _decide(source: Source, settings: JobSettings, known: Known | None, outputs: _Outputs, asked: Asked) -> Job | Skip:
    if known is None:
        return Job(source, settings, "new")
    if asked.force:
        return Job(source, settings, "forced")
    if known.status == "failed":
        same = known.bytes == source.bytes and known.mtime_ns == source.mtime_ns
        if asked.retry_failed or not same:
            return Job(source, settings, "failed before", known)
        return Skip(source.name, "failed-before")
    if known.recognition_key != settings.recognition_key:
        return Job(source, settings, "recognition settings changed")
    if known.bytes != source.bytes:
        return Job(source, settings, "audio changed")
    if known.mtime_ns != source.mtime_ns:
        return Job(source, settings, "modified since", known)
    if known.output_key != settings.output_key:
        return Job(source, settings, "output settings changed", known, render_only=True)
    if known.output != source.output:
        return Job(source, settings, "output name changed", known, render_only=True)
    if outputs.missing(known):
        return Job(source, settings, "an output is missing", known, render_only=True)
    return Skip(source.name, "unchanged")


class _Outputs:
    """Whether the files that earlier runs wrote are still there.

    Sources come folder by folder, so one listing answers for all files of a folder, at a tenth of the price of asking
    for each. What the listing does not hold (the rest of a folder too large to be remembered) is asked for.
    """

    def __init__(self, folder: str):
        self._folder = folder
        self._listed: str | None = None
        self._paths: set[str] = set()

    def missing(self, known: Known) -> bool:
        """The names are cut out of the entry's text: parsing a million entries would take longer than all else."""
        tail = known.entry.rpartition('"outputs": [')[2]
        paths = [output.path for output in outputs_of(known.entry)] if "\\" in tail else _PATH.findall(tail)
        folder = known.output.rpartition("/")[0]
        if folder != self._listed:
            self._list(folder)
        return not self._paths.issuperset(paths) and not all(map(self._exists, paths))

    def _exists(self, path: str) -> bool:
        return os.path.exists(f"{self._folder}/{path}")  # noqa: PTH110

    def _list(self, folder: str) -> None:
        self._listed, self._paths = folder, set()
        prefix = f"{folder}/" if folder else ""
        try:
            with os.scandir(f"{self._folder}/{folder}") as entries:
                names = map(attrgetter("name"), itertools.islice(entries, MOST_LISTED))
                self._paths.update(map(prefix.__add__, names))
        except OSError:
            pass
