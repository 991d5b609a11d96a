"""Which name does a source have, and which its outputs, so that no two ever meet?

Within one relative folder, in sorted order: the first that wants a stem has it (`a/talk`), a later one gets its full
name (`a/talk.mp3`), and if even that is taken a number. Names that differ only by letter case or by Unicode
composition meet too: on many file systems they are one file.
"""

# Paths are str here, not Path: a million Path objects cost seconds, and a name may be any bytes.
# ruff: noqa: PTH118, PTH122

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence

_LONGEST_STEM_BYTES = 200  # of the 255 a file system allows; `.en+de.json` and the like must fit behind it
_OUTPUT_SUFFIXES = {".json", ".srt", ".vtt", ".txt", ".tsv", ".ass", ".ttml"}
_RUN_FOLDER = re.compile(r"runs/[^/]+", re.IGNORECASE)
_BILINGUAL = re.compile(r"(?<=\.)[^.+]+\+(?=[^.+]+$)")
_MANIFEST = "manifest"


def printable(name: str) -> str:
    """A file name as text: bytes that are not UTF-8 are percent-encoded."""
    if name.isascii():
        return name
    return re.sub(r"[\udc80-\udcff]", lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", name)


def output_folder(path: str) -> str:
    """Where the outputs of a relative folder go: the same, unless it would stand where the manifest must."""
    head, slash, tail = path.partition("/")
    return f"{head}~{slash}{tail}" if head.lower() == f"{_MANIFEST}.json" else path


class Stems:
    """Gives out the stems of one relative folder."""

    def __init__(self, folder: str, subfolders: Sequence[str], targets: Sequence[str]):
        self._targets = targets
        self._taken = set()
        self._numbers: dict[str, int] = {}
        if not folder or _RUN_FOLDER.fullmatch(folder):
            self._taken.add(_MANIFEST)
        for name in subfolders:
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in _OUTPUT_SUFFIXES:
                self._taken.add(_key(stem))

    def stem(self, name: str) -> str:
        """The stem that a source of this name shares with nobody."""
        short = _fit(os.path.splitext(name)[0])
        if self._claim(short):
            return short
        full = _fit(name)
        if self._claim(full):
            return full
        while True:
            number = self._numbers[full] = self._numbers.get(full, 1) + 1
            if self._claim(f"{full}.{number}"):
                return f"{full}.{number}"

    def _claim(self, stem: str) -> bool:
        claims = [_key(stem)]
        if self._targets:
            # talk.wav writes talk.de.srt and talk.en+de.srt, and so would talk.de.wav: a stem claims its translations.
            claims += [_key(f"{stem}.{form}{target}") for target in self._targets for form in ("", "x+")]
        if not self._taken.isdisjoint(claims):
            return False
        self._taken.update(claims)
        return True


class Names:
    """Gives every source a name of its own for manifest and ledger: inputs may hold equal relative names."""

    def __init__(self, base: str, tops: Sequence[str]):
        self._base = base
        self._tops = tops
        self._renamed: set[str] = set()

    def name(self, relative: str, path: str, first: bool) -> str:
        """The relative path, or for a later source of the same one, its path from elsewhere."""
        if first and relative not in self._renamed:
            return relative
        wanted = self._elsewhere(path)
        name, number = wanted, 1
        while name in self._renamed or any(os.path.lexists(os.path.join(top, name)) for top in self._tops):
            number += 1
            name = f"{wanted}~{number}"
        self._renamed.add(name)
        return name

    def _elsewhere(self, path: str) -> str:
        return printable(os.path.relpath(path, self._base))


def _key(stem: str) -> str:
    """What two stems have in common that would meet. Of a bilingual one the first language is not known here."""
    key = stem.lower() if stem.isascii() else unicodedata.normalize("NFC", stem).casefold()
    return _BILINGUAL.sub("+", key) if "+" in key else key


def _fit(stem: str) -> str:
    if len(stem) * 4 <= _LONGEST_STEM_BYTES:
        return stem
    data = stem.encode(errors="surrogateescape")
    if len(data) <= _LONGEST_STEM_BYTES:
        return stem
    digest = hashlib.sha256(data).hexdigest()[:8]
    return f"{data[: _LONGEST_STEM_BYTES - 9].decode(errors='ignore')}~{digest}"
