"""How does a run look as one HTML page?

Self-contained: no script, no other file, nothing from the network. Every name and text in it is somebody else's, so
all is escaped, and addresses are percent-encoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, UndefinedError

from pipeline.errors import UsageError
from pipeline.files import write_text
from pipeline.report.manifest import WRONG_SHAPE, Past, Summary, history, is_inside, summarise, transcript

NAME = "report.html"
# Transcripts that are opened for the page: reading a million would take longer than making them.
MOST_TEXTS = 500
EXCERPT_CHARS = 600
EXIT_CODES: Mapping[int, str] = {
    0: "everything is done",
    1: "some files failed",
    3: "something is missing on this machine",
    4: "the service could not be used",
    5: "stopped at a limit",
    130: "interrupted",
}


def write_report(folder: Path) -> Path:
    """Write the report of the last run into its output folder; where it is. Raises UsageError, OutputError."""
    path = folder / NAME
    try:
        page = render(folder, summarise(folder), history(folder))
    except (UndefinedError, *WRONG_SHAPE) as error:
        raise UsageError(f"the manifest in {str(folder)!r} lacks something or has it wrong: {error}") from None
    write_text(path, page)
    return path


def render(folder: Path, summary: Summary, runs: list[Past]) -> str:
    """The page; transcripts are read from the folder."""
    environment = Environment(
        loader=PackageLoader("pipeline.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=clock, visible=visible, day=day)
    files = [_row(folder, entry, number < MOST_TEXTS) for number, entry in enumerate(summary.files)]
    fastest = max((past.totals.get("speed") or 0 for past in runs), default=0)
    return environment.get_template("page.html").render(
        summary=summary,
        run=summary.past.run,
        totals=summary.past.totals,
        ended=EXIT_CODES.get(summary.past.run.get("exit_code") or 0, "ended with an error"),
        files=files,
        runs=runs,
        fastest=fastest or 1,
    )


def _row(folder: Path, entry: Mapping[str, Any], with_text: bool) -> dict[str, Any]:
    """What a line of the table shows."""
    audio_ms, took_s = entry.get("audio_ms") or 0, entry.get("took_s") or 0
    found = (transcript(folder, dict(entry)) if with_text else None) or {}
    return {
        "source": entry["source"],
        "status": entry["status"],
        "reason": entry.get("reason"),
        "error": entry.get("error"),
        "attempts": entry.get("attempts", 0),
        "audio_ms": audio_ms,
        "speed": audio_ms / 1000 / took_s if took_s and entry["status"] == "done" else None,
        "segments": entry.get("segments"),
        "languages": entry.get("languages") or [],
        "coverage": entry.get("coverage"),
        "unproved": entry.get("unproved"),
        "gaps": _gaps(found),
        "warnings": entry.get("warnings") or [],
        "text": _excerpt(found.get("text", "")),
        "translations": {k: _excerpt(v) for k, v in _mapping(found.get("translations")).items()},
        "outputs": [(_suffix(entry["source"], o["path"]), link(o["path"])) for o in entry["outputs"]],
    }


def _gaps(found: Mapping[str, Any]) -> list[dict[str, int]]:
    """Of a transcript that anybody may have written."""
    gaps = _mapping(found.get("coverage")).get("gaps")
    return [
        {"start_ms": gap["start_ms"], "end_ms": gap["end_ms"]}
        for gap in (gaps if isinstance(gaps, list) else [])
        if isinstance(gap, dict) and all(isinstance(gap.get(key), int) for key in ("start_ms", "end_ms"))
    ]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _excerpt(text: object) -> str:
    told = str(text)
    return told[:EXCERPT_CHARS] + ("…" if len(told) > EXCERPT_CHARS else "")


def link(path: str) -> str | None:
    """The address of an output beside the report; None for a path that would lead elsewhere."""
    # The dot keeps a name such as `javascript:x` from being read as an address of its own.
    return "./" + quote(path, errors="replace") if is_inside(path) else None


def _suffix(source: str, output: str) -> str:
    """`de.srt` of `a/talk.de.srt`: the row says the rest already."""
    stem = source.rpartition("/")[2].rpartition(".")[0]
    name = output.rpartition("/")[2]
    return name[len(stem) + 1 :] if stem and name.startswith(stem + ".") else name


def visible(text: object) -> str:
    """A text with nothing hidden in it: control and direction characters are spelled out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def clock(ms: float) -> str:
    """1:02:03, or 4.2 s for what is short."""
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    seconds = round(ms / 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def day(moment: object) -> str:
    """`2026-11-21 08:01` of an ISO time; as it is where it is none."""
    try:
        return datetime.fromisoformat(str(moment).replace("Z", "+00:00")).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return str(moment)
