"""What does the options table say about a file?

CSV with a header: a column `path`, then any of COLUMNS. A path is the source's name (relative to its input folder), a
path relative to the table, an absolute path, or a pattern. The row that names a file itself goes before patterns, and
of those the first that matches. An empty cell says nothing.
"""

# Paths are str here, not Path: a million Path objects cost seconds, and a name may be any bytes.
# ruff: noqa: PTH100, PTH118, PTH120, PTH123

from __future__ import annotations

import csv
import difflib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.config.override import faults_of
from pipeline.config.schema import Config, InputSettings
from pipeline.discover.patterns import compiled, is_magic
from pipeline.errors import ConfigError

# A new column: its name here, and the setting that it stands for.
COLUMNS: dict[str, str] = {
    "language": "recognition.language",
    "languages": "recognition.languages",
    "identify": "recognition.identify",
    "mode": "recognition.mode",
    "phrases": "recognition.phrases",
    "profanity": "recognition.profanity",
    "diarization": "recognition.diarization",
    "word_timestamps": "recognition.word_timestamps",
    "targets": "translation.targets",
    "bilingual": "translation.bilingual",
    "channels": "audio.channels",
    "formats": "output.formats",
    "profile": "subtitles.profile",
    "fps": "subtitles.fps",
}

Options = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Row:
    line: int
    path: str
    options: Options
    used: bool = False


@dataclass(slots=True)
class Table:
    """The rows by the path they name. An empty table knows nothing about anything."""

    file: str = ""
    exact: dict[str, Row] = field(default_factory=dict)
    patterns: list[Row] = field(default_factory=list)

    def options(self, name: str, path: str) -> Options:
        """The options of a source, by its name or its path."""
        if not self.file:
            return ()
        row = self.exact.get(path) or self.exact.get(name) or self._pattern(name)
        if row is None:
            return ()
        row.used = True
        return row.options

    def targets(self) -> set[str]:
        """Every translation target that a row asks for."""
        cells = (dict(row.options).get("translation.targets", "") for row in self._rows())
        return {target.strip() for cell in cells for target in cell.split(";") if target.strip()}

    def unused(self) -> Iterator[tuple[str, str]]:
        """Each row that matched no file: its place, and its path."""
        for row in self._rows():
            if not row.used:
                yield f"{self.file}:{row.line}", row.path

    def _rows(self) -> list[Row]:
        rows = {id(row): row for row in (*self.exact.values(), *self.patterns)}
        return sorted(rows.values(), key=lambda row: row.line)

    def _pattern(self, name: str) -> Row | None:
        base = name.rpartition("/")[2]
        return next(
            (row for row in self.patterns if compiled(row.path).fullmatch(name if "/" in row.path else base)), None
        )


def read_table(settings: InputSettings, config: Config | None = None) -> Table:
    """The options table of the config, whose other settings its rows must agree with.

    Raises ConfigError with every fault in it.
    """
    if settings.options is None:
        return Table()
    file = settings.options
    try:
        with open(file, encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
    except OSError as error:
        raise ConfigError(f"input.options: {file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}:1: not UTF-8 text; a CSV file in UTF-8 is allowed") from None
    return _Reader(file, config or Config(input=settings)).read(text)


class _Reader:
    def __init__(self, file: str, config: Config):
        self._file = file
        self._base = os.path.dirname(os.path.abspath(file))
        self._table = Table(file)
        self._faults: list[str] = []
        self._settings = config
        self._known: dict[Options, list[tuple[str, str]]] = {}

    def read(self, text: str) -> Table:
        lines = csv.reader(io.StringIO(text), strict=True)
        try:
            header = [name.strip().lower() for name in next(lines, [])]
            self._header(header)
            for cells in lines if not self._faults else ():
                self._row(lines.line_num, header, cells)
        except csv.Error as error:
            self._fault(lines.line_num, f"not CSV: {error}")
        if self._faults:
            raise ConfigError("\n".join(self._faults))
        return self._table

    def _header(self, header: list[str]) -> None:
        if "path" not in header:
            self._fault(1, "no column path; a header of path and settings is needed")
        for name in header:
            if header.count(name) > 1:
                self._fault(1, f"{name}: a column that is given twice; once is allowed")
            if name != "path" and name not in COLUMNS:
                close = difflib.get_close_matches(name, COLUMNS, 1)
                guess = f", did you mean {close[0]}?" if close else ";"
                self._fault(1, f"{name}: unknown column{guess} allowed: path, {', '.join(COLUMNS)}")

    def _row(self, line: int, header: list[str], cells: list[str]) -> None:
        if not any(cell.strip() for cell in cells):
            return
        if len(cells) > len(header):
            self._fault(line, f"{len(cells)} cells; {len(header)} as in the header are allowed")
            return
        row = dict(zip(header, cells, strict=False))
        path = row.pop("path", "").removeprefix("./")
        options = tuple((COLUMNS[name], cell) for name, cell in row.items() if cell.strip())
        if not path:
            self._fault(line, "path: empty; the path of a recording is needed")
        elif self._check(line, options):
            self._add(Row(line, path, options))

    def _check(self, line: int, options: Options) -> bool:
        if options not in self._known:
            self._known[options] = faults_of(self._settings, options)
        names = {setting: name for name, setting in COLUMNS.items()}
        for key, what in self._known[options]:
            self._fault(line, f"{names.get(key, key)}: {what}")
        return not self._known[options]

    def _add(self, row: Row) -> None:
        full = os.path.normpath(os.path.join(self._base, row.path))
        if is_magic(row.path) and not os.path.lexists(full):
            self._table.patterns.append(row)
            return
        first = self._table.exact.get(row.path)
        if first:
            self._fault(row.line, f"path: {row.path} is given twice (first on line {first.line}); once is allowed")
        self._table.exact[row.path] = self._table.exact[full] = row

    def _fault(self, line: int, what: str) -> None:
        self._faults.append(f"{self._file}:{line}: {what}")
