"""What is done, what failed, and which chunks are already recognised?

One process writes (the run holds the folder's lock); any process may read at any time.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.run.database import Database, Statement
from pipeline.speech.request import Recognised
from pipeline.values import Chunk, Segment, Word

FILE_NAME = "ledger.sqlite"
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, settings TEXT NOT NULL, exit_code INTEGER, totals TEXT
);
CREATE TABLE IF NOT EXISTS files (
    name TEXT PRIMARY KEY, output TEXT NOT NULL, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, status TEXT NOT NULL, recognition_key TEXT NOT NULL, output_key TEXT NOT NULL,
    run_id TEXT NOT NULL, entry TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS done_by_content ON files (sha256, recognition_key) WHERE status = 'done';
CREATE TABLE IF NOT EXISTS transcripts (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
    sha256 TEXT NOT NULL, recognition_key TEXT NOT NULL, channel INTEGER NOT NULL, start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (sha256, recognition_key, channel, start_ms, end_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS in_flight (
    name TEXT PRIMARY KEY, active INTEGER NOT NULL, crashes INTEGER NOT NULL DEFAULT 0
);
"""

# Chunks are kept until the run ends: the same recording under another name finds them there.
_FORGET_CHUNKS: Statement = (
    "DELETE FROM chunks WHERE EXISTS (SELECT 1 FROM files WHERE status = 'done' AND files.sha256 = chunks.sha256"
    " AND files.recognition_key = chunks.recognition_key)",
    (),
)


class Known(NamedTuple):
    """What the ledger knows of one file. `entry` is its manifest entry as JSON text. A tuple: there are millions."""

    name: str
    output: str
    bytes: int
    mtime_ns: int
    sha256: str
    status: str
    recognition_key: str
    output_key: str
    run_id: str
    entry: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A recognised chunk: by which endpoint, at which attempt."""

    result: Recognised
    endpoint: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Which bytes, under which settings, a result belongs to."""

    name: str
    output: str
    bytes: int
    mtime_ns: int
    sha256: str
    recognition_key: str
    output_key: str


class Ledger:
    """Raises OutputError where the file cannot be opened or written."""

    def __init__(self, folder: Path, *, to_read: bool = False):
        self.path = folder / FILE_NAME
        self._database = Database(self.path, _SCHEMA, SCHEMA_VERSION, to_read=to_read)

    def close(self) -> None:
        self._database.close()

    # runs

    def begin_run(self, run_id: str, started_at: str, settings: str) -> None:
        begin = "INSERT INTO runs (id, started_at, settings) VALUES (?, ?, ?)"
        self._database.write((begin, (run_id, started_at, settings)), _FORGET_CHUNKS)

    def end_run(self, run_id: str, ended_at: str, exit_code: int, totals: dict[str, Any]) -> None:
        end = "UPDATE runs SET ended_at = ?, exit_code = ?, totals = ? WHERE id = ?"
        self._database.write((end, (ended_at, exit_code, json.dumps(totals), run_id)), _FORGET_CHUNKS)

    def last_run(self) -> dict[str, Any] | None:
        row = self._database.one(
            "SELECT id, started_at, ended_at, exit_code, totals FROM runs ORDER BY rowid DESC LIMIT 1"
        )
        if row is None:
            return None
        names = ("id", "started_at", "ended_at", "exit_code")
        return {**dict(zip(names, row, strict=False)), "totals": json.loads(row[4]) if row[4] else None}

    # files

    def known(self, name: str) -> Known | None:
        return self.all_known([name]).get(name)

    def all_known(self, names: Sequence[str]) -> dict[str, Known]:
        """What is known of these files; 999 of them at most."""
        marks = ",".join("?" * len(names))
        columns = "name, output, bytes, mtime_ns, sha256, status, recognition_key, output_key, run_id, entry"
        rows = self._database.rows(f"SELECT {columns} FROM files WHERE name IN ({marks})", tuple(names))  # noqa: S608
        return {row[0]: Known._make(row) for row in rows}

    def twin(self, sha256: str, recognition_key: str) -> str | None:
        """The stored transcript (JSON text) of the same bytes under the same settings, whatever their name."""
        row = self._database.one(
            "SELECT body FROM files JOIN transcripts USING (name, sha256)"
            " WHERE status = 'done' AND sha256 = ? AND recognition_key = ? LIMIT 1",
            (sha256, recognition_key),
        )
        return _unpack_text(row[0]) if row else None

    def transcript(self, name: str) -> str | None:
        """The stored transcript of a file that is done, as JSON text."""
        row = self._database.one("SELECT body FROM transcripts WHERE name = ?", (name,))
        return _unpack_text(row[0]) if row else None

    def record(
        self, identity: Identity, status: str, entry: str, run_id: str, transcript: Iterable[str] | None = None
    ) -> None:
        """The outcome of one file, with its transcript (JSON text in pieces) where it is done."""
        row = (
            identity.name,
            identity.output,
            identity.bytes,
            identity.mtime_ns,
            identity.sha256,
            status,
            identity.recognition_key,
            identity.output_key,
            run_id,
            entry,
        )
        statements: list[Statement] = [
            ("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row),
            ("DELETE FROM in_flight WHERE name = ?", (identity.name,)),
        ]
        if transcript is not None:
            body = _pack_text(transcript)
            values = (identity.name, identity.sha256, body)
            statements.append(("INSERT OR REPLACE INTO transcripts VALUES (?, ?, ?)", values))
        self._database.write(*statements)

    def entries(self) -> Iterator[tuple[str, str, str, str]]:
        """(name, status, run id, manifest entry as JSON text) of every file, by name."""
        yield from self._database.rows("SELECT name, status, run_id, entry FROM files ORDER BY name", ())

    def counts(self) -> dict[str, int]:
        return {
            str(status): int(n)
            for status, n in self._database.rows("SELECT status, count(*) FROM files GROUP BY status")
        }

    # chunks

    def chunk(self, sha256: str, recognition_key: str, chunk: Chunk) -> Kept | None:
        row = self._database.one(
            "SELECT body FROM chunks WHERE sha256 = ? AND recognition_key = ? AND channel = ?"
            " AND start_ms = ? AND end_ms = ?",
            (sha256, recognition_key, chunk.clip.channel, chunk.start_ms, chunk.end_ms),
        )
        return _unpack(row[0]) if row else None

    def save_chunk(self, sha256: str, recognition_key: str, chunk: Chunk, kept: Kept) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
            sha256,
            recognition_key,
            chunk.clip.channel,
            chunk.start_ms,
            chunk.end_ms,
            _pack(kept),
        )

    # crashes of the process

    def enter(self, name: str) -> None:
        """A file is being worked on from here until its outcome is recorded or it leaves."""
        self._database.execute(
            "INSERT INTO in_flight (name, active) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET active = 1", name
        )

    def leave(self, name: str) -> None:
        """A file was put aside without an outcome."""
        self._database.execute("UPDATE in_flight SET active = 0 WHERE name = ?", name)

    def crashed(self) -> None:
        """The process died by itself: every file that was being worked on is under suspicion once more."""
        self._database.execute("UPDATE in_flight SET active = 0, crashes = crashes + 1 WHERE active = 1")

    def suspects(self) -> dict[str, int]:
        """Files that were in flight at crashes -> how many crashes. Forgets what a killed run left in flight."""
        self._database.execute("DELETE FROM in_flight WHERE crashes = 0")
        self._database.execute("UPDATE in_flight SET active = 0")
        return {str(n): int(c) for n, c in self._database.rows("SELECT name, crashes FROM in_flight", ())}


def _pack_text(pieces: Iterable[str]) -> bytes:
    packer = zlib.compressobj(6)
    packed = [packer.compress(piece.encode("utf-8", "surrogatepass")) for piece in pieces]
    return b"".join([*packed, packer.flush()])


def _unpack_text(body: bytes) -> str:
    return zlib.decompress(body).decode("utf-8", "surrogatepass")


def _pack(kept: Kept) -> bytes:
    return _pack_text([json.dumps(asdict(kept), ensure_ascii=False)])


def _unpack(body: bytes) -> Kept:
    kept = json.loads(_unpack_text(body))
    tree = kept["result"]
    segments = tuple(
        Segment(**{**segment, "words": tuple(Word(**word) for word in segment["words"])})
        for segment in tree["segments"]
    )
    result = Recognised(segments, tree["session_id"], tree["no_match"])
    return Kept(result, kept["endpoint"], kept["attempts"])
