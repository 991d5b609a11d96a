"""What is wrong with a subtitle file, and how is that printed?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken at one place. `cue` counts from 1 and is 0 for the file as a whole; `line` is 0 where there is
    no file; `fixable` says that --fix repairs it."""

    rule: str
    cue: int
    line: int
    message: str
    fixable: bool = False


Found = tuple[str, Sequence[Finding]]


def as_text(found: Sequence[Found]) -> str:
    """`talk.srt:12: cue 3: reading-speed: ...`, and a last line that counts."""
    lines = []
    for name, findings in found:
        for one in findings:
            place = f"{name}:{one.line}: " + (f"cue {one.cue}: " if one.cue else "")
            lines.append(f"{place}{one.rule}: {one.message}" + (" [fixable]" if one.fixable else ""))
    total = sum(len(findings) for _, findings in found)
    fixable = sum(one.fixable for _, findings in found for one in findings)
    lines.append(
        f"{total} finding{'s' * (total != 1)} in {len(found)} file{'s' * (len(found) != 1)}, {fixable} fixable"
    )
    return "\n".join(lines)


def as_json(found: Sequence[Found]) -> str:
    """A list of findings, each with its file."""
    rows = [{"file": name, **asdict(one)} for name, findings in found for one in findings]
    return json.dumps(rows, indent=1)


def as_github(found: Sequence[Found]) -> str:
    """Workflow commands: annotations at the lines of a pull request."""
    lines = []
    for name, findings in found:
        for one in findings:
            where = f"file={_property(name)},line={max(1, one.line)},title={_property(one.rule)}"
            lines.append(f"::warning {where}::{_data(one.message)}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# A new form: write its function, add its line.
PRINTS = {"text": as_text, "json": as_json, "github": as_github}
