"""How is a subtitle file mended without touching a word?

Times move and lines are broken anew; the words, their order and their tags stay. What that cannot mend stays broken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.subtitles.breaks import breaks
from pipeline.subtitles.cue import line_limit, reading_ms
from pipeline.subtitles.document import Document, Entry, plain
from pipeline.subtitles.finding import Finding
from pipeline.subtitles.lines import line_ends
from pipeline.subtitles.lint import check
from pipeline.subtitles.pieces import pieces
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.relay import better_lines, fits, kept_apart
from pipeline.subtitles.timing import Shown, timed
from pipeline.subtitles.token import Token, joined

# A run without spaces in which a tag, whatever is in it, is one piece.
_CHUNK = re.compile(r"(?:<[^<>\n]*>|\{\\[^}\n]*\}|\S)+")

_FOR_EVER_MS = 10**12


def lint(document: Document, profile: Profile) -> tuple[Finding, ...]:
    """The faults of form and of the profile, by line; `fixable` where repaired() would mend them."""
    remaining = {(one.rule, line) for one, line in _placed(repaired(document, profile), profile)}
    found = [
        replace(one, line=line, fixable=(one.rule, line) not in remaining) for one, line in _placed(document, profile)
    ]
    return tuple(sorted((*document.findings, *found), key=lambda one: (one.line, one.rule)))


def _placed(document: Document, profile: Profile) -> list[tuple[Finding, int]]:
    return [(one, document.entries[one.cue - 1].line) for one in check(document.cues, profile)]


def repaired(document: Document, profile: Profile) -> Document:
    """The document in time order, without cues that have no words, its lines and times mended."""
    entries = _worded(sorted(document.entries, key=lambda entry: entry.start_ms), document.kind)
    tail = document.tail if entries else (*_comments(document.entries), *document.tail)
    entries = [replace(entry, lines=_relaid(entry.lines, document.kind, profile)) for entry in entries]
    # Where the speech ends is not known, so a cue may stay for its reader as long as there is room.
    unheard = replace(profile, linger_ms=_FOR_EVER_MS)
    shown = [
        Shown(entry.start_ms, max(entry.start_ms, entry.end_ms), reading_ms(cue.lines, profile), cue.lines)
        for entry, cue in zip(entries, replace(document, entries=tuple(entries)).cues, strict=True)
    ]
    mended = tuple(
        replace(entry, start_ms=cue.start_ms, end_ms=cue.end_ms)
        for entry, cue in zip(entries, timed(shown, unheard), strict=True)
    )
    return replace(document, entries=mended, findings=(), tail=tail)


def _worded(entries: Sequence[Entry], kind: str) -> list[Entry]:
    """The entries with words; what stood above one without is kept above the next."""
    found: list[Entry] = []
    held: tuple[str, ...] = ()
    for entry in entries:
        if any(plain(line, kind) for line in entry.lines):
            found.append(replace(entry, before=(*held, *entry.before)))
            held = ()
        else:
            held = (*held, *entry.before)
    if found and held:
        found[-1] = replace(found[-1], before=(*found[-1].before, *held))
    return found


def _comments(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(block for entry in entries for block in entry.before)


def _relaid(lines: tuple[str, ...], kind: str, profile: Profile) -> tuple[str, ...]:
    """The lines broken anew where that mends a rule; as they were where it does not."""
    shown = tuple(plain(line, kind) for line in lines)
    if kept_apart(shown, profile) or (fits(shown, profile) and better_lines(shown, profile) is None):
        return lines
    return _rebroken(lines, kind, profile)


def _rebroken(lines: Sequence[str], kind: str, profile: Profile) -> tuple[str, ...]:
    tokens, raw = _tagged_tokens(lines, kind, profile)
    ends = line_ends(tokens, breaks(tokens, profile.language), line_limit(profile))
    spans = list(zip([0, *ends], ends, strict=False))
    if not fits([joined(tokens[first:last]) for first, last in spans], profile):
        return tuple(lines)
    return tuple(joined(raw[first:last]) for first, last in spans)


def _tagged_tokens(lines: Sequence[str], kind: str, profile: Profile) -> tuple[list[Token], list[Token]]:
    """The words as read, and beside them the same words with their tags."""
    tokens: list[Token] = []
    raw: list[Token] = []
    held = ""
    for line in lines:
        for position, chunk in enumerate(_CHUNK.findall(line)):
            if not plain(chunk, kind):
                held += chunk
                continue
            tagged = held or plain(chunk, kind) != chunk
            parts = [held + chunk] if tagged else [piece.text for piece in pieces(chunk)]
            held = ""
            for part_number, part in enumerate(parts):
                first = part_number == 0
                spaced = bool(raw) and first and not (position == 0 and profile.unspaced)
                tokens.append(Token(plain(part, kind), 0, 0, spaced, first))
                raw.append(Token(part, 0, 0, spaced, first))
        if held and raw:
            raw[-1] = replace(raw[-1], text=raw[-1].text + held)
            held = ""
    return tokens, raw
