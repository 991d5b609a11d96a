"""How are outputs made again from what is stored, with no service call?

The ledger holds every finished transcript whatever formats were asked for. Ledger and manifest are brought up to the
new files, so that `verify` stays true; the next `run` renders again if its config asks for something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.config.schema import SubtitleSettings
from pipeline.files import write_text
from pipeline.run import manifest
from pipeline.run.ledger import Identity, Known, Ledger
from pipeline.run.outputs import Wanted, write_outputs
from pipeline.values import Output
from pipeline.writers import WRITERS
from pipeline.writers.transcript_json import parse

# No config has this key: what `render` wrote is not what a config asked for until `run` says so.
RENDERED = "rendered"


def render(
    output: Path, ledger: Ledger, formats: Sequence[str], subtitles: SubtitleSettings, bilingual: bool
) -> Iterator[tuple[str, tuple[Output, ...]]]:
    """Write the outputs of every file that is done; its name and what was written. Raises OutputError."""
    fresh: dict[str, tuple[Output, ...]] = {}
    for name, status, _, _ in ledger.entries():
        known, text = ledger.known(name), ledger.transcript(name)
        if status != "done" or known is None or text is None:
            continue
        entry = json.loads(known.entry)
        targets, were_bilingual = _tracks(entry, known.output)
        wanted = Wanted(formats or _formats(entry), subtitles, bilingual or were_bilingual, targets)
        fresh[name] = write_outputs(output, known.output, parse(text), wanted).outputs
        _remember(ledger, known, {**entry, "outputs": [asdict(one) for one in fresh[name]]})
        yield name, fresh[name]
    _renew_manifest(output / manifest.NAME, fresh)


def _formats(entry: dict[str, Any]) -> list[str]:
    """The formats a file had so far, by the suffixes of its outputs; `.azure.json` before `.json`."""
    by_length = sorted(WRITERS.items(), key=lambda item: -len(item[1].suffix))
    found = {
        next((name for name, writer in by_length if one["path"].endswith(writer.suffix)), None)
        for one in entry["outputs"]
    }
    return [name for name in WRITERS if name in found]


def _tracks(entry: dict[str, Any], stem: str) -> tuple[tuple[str, ...], bool]:
    """The translations a file had so far, and whether there were bilingual ones: `talk.de.srt`, `talk.en+de.srt`."""
    middles = {
        one["path"].removeprefix(stem).removesuffix(writer.suffix).lstrip(".")
        for one in entry["outputs"]
        for writer in WRITERS.values()
        if writer.track is not None and one["path"].endswith(writer.suffix)
    }
    return tuple(sorted(name for name in middles if name and "+" not in name)), any("+" in name for name in middles)


def _remember(ledger: Ledger, known: Known, entry: dict[str, Any]) -> None:
    identity = Identity(
        known.name, known.output, known.bytes, known.mtime_ns, known.sha256, known.recognition_key, RENDERED
    )
    ledger.record(identity, known.status, json.dumps(entry, ensure_ascii=False), known.run_id)


def _renew_manifest(path: Path, fresh: dict[str, tuple[Output, ...]]) -> None:
    """The last manifest with the new hashes; how it came about stays."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        entries = {entry["source"]: entry for entry in found["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return  # it is not one of ours; the ledger has it all
    for name in fresh.keys() & entries.keys():
        entries[name]["outputs"] = [asdict(one) for one in fresh[name]]
    write_text(path, json.dumps(found, ensure_ascii=False, indent=1) + "\n")
