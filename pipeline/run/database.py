"""How do many threads commit to one SQLite file without each waiting for the disk alone?

WAL mode with synchronous=FULL: what was committed survives kill -9 and a power loss. A commit is a wait for the disk,
so writers that come while one is being made share the next one (group commit).
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError

FULL_BELOW_BYTES = 64 * 1024
DAMAGED_HINT = "move it away: outputs stay, what is not recorded is done again"

Statement = tuple[str, tuple[Any, ...]]


@dataclass(slots=True)
class _Ticket:
    """One writer's statements: all of them are committed, or none."""

    statements: tuple[Statement, ...]
    committed: bool = False
    error: Exception | None = field(default=None)


class Database:
    """One connection shared by all threads. Raises OutputError where the file cannot be opened, read or written.

    One that is opened `to_read` can be in a folder that nobody may write to.
    """

    def __init__(self, path: Path, schema: str, version: int, *, to_read: bool = False):
        self.path = path
        self._lock = threading.RLock()
        self._waiting: list[_Ticket] = []
        self._queue_lock = threading.Lock()
        with self._faults():
            if to_read and not os.access(path.parent, os.W_OK):
                self._db = _connect(_read_only(path))
                self._check_version(version)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _connect(path.absolute().as_uri())
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._check_version(version)
            self._db.execute(f"PRAGMA user_version={version}")
            self._db.executescript(schema)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def one(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        """The first row, or None."""
        with self._lock, self._faults():
            return self._db.execute(sql, values).fetchone()

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        """Every row, fetched by the thousand."""
        with self._lock, self._faults():
            cursor = self._db.execute(sql, values)
        while True:
            with self._lock, self._faults():
                rows = cursor.fetchmany(1000)
            if not rows:
                return
            yield from rows

    def execute(self, sql: str, *values: Any) -> None:
        """Commit one statement."""
        self.write((sql, values))

    def write(self, *statements: Statement) -> None:
        """Commit the statements together; returns once they are on the disk."""
        ticket = _Ticket(statements)
        with self._queue_lock:
            self._waiting.append(ticket)
        with self._lock:
            # Whoever held the lock before may have committed ours along with its own.
            if not ticket.committed and ticket.error is None:
                with self._queue_lock:
                    batch, self._waiting = self._waiting, []
                self._commit(batch)
        if ticket.error is not None:
            raise self._fault(ticket.error) from ticket.error

    def _commit(self, batch: list[_Ticket]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for ticket in batch:
                for sql, values in ticket.statements:
                    self._db.execute(sql, values)
            self._db.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            for ticket in batch:
                ticket.error = error
        else:
            for ticket in batch:
                ticket.committed = True

    def _check_version(self, version: int) -> None:
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found not in (0, version):
            raise OutputError(
                f"{str(self.path)!r} was written by a newer version of speech-pipeline",
                hint="update speech-pipeline, or choose another output folder",
            )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> OutputError:
        # On a full disk SQLite says "disk I/O error" as often as "database or disk is full".
        said = error.errno in (errno.ENOSPC, errno.EDQUOT) if isinstance(error, OSError) else "full" in str(error)
        full = said or _free_bytes(self.path.parent) < FULL_BELOW_BYTES
        if full:
            return OutputError(f"the ledger {str(self.path)!r}: the disk is full ({error})", code="disk-full")
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            return OutputError(f"the ledger {str(self.path)!r}: {error}", code="ledger-damaged", hint=DAMAGED_HINT)
        return OutputError(f"the ledger {str(self.path)!r}: {error}")


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)


def _read_only(path: Path) -> str:
    """SQLite makes files beside a WAL database even to read it, unless it is told that nobody writes: where no journal
    lies, nobody does (https://www.sqlite.org/wal.html, "Read-only databases")."""
    alone = not path.with_name(f"{path.name}-wal").exists()
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return FULL_BELOW_BYTES  # not even that can be told: it says nothing of being full
