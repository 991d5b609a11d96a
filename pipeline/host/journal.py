"""What reached the wire? One JSON line an event, without secrets, for people and tests.

Keys and tokens are never written: their kind is, and eight hex digits of their hash, so that a test can see that one
was replaced by another.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

_SECRETS = ("ocp-apim-subscription-key", "authorization", "cookie")
_SECRETS_IN_ADDRESS = (*_SECRETS, "subscription-key", "access_token", "token", "key")
_MOST_LINES = 100_000


class Journal:
    """Appends events to a file; without a path it does nothing."""

    def __init__(self, path: Path | None = None):
        self._stream: IO[str] | None = (
            path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1) if path else None
        )
        self._lines = 0

    def note(self, event: str, session: int, **facts: Any) -> None:
        if self._stream is None or self._lines >= _MOST_LINES:
            return
        self._lines += 1
        line = {"event": event, "session": session, **facts}
        self._stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def authentication(headers: Mapping[str, str]) -> dict[str, str]:
    """How a client (headers in lower case) said who it is: `kind` key, token or none, and the secret's fingerprint."""
    for kind, name in (("key", "ocp-apim-subscription-key"), ("token", "authorization")):
        if name in headers:
            secret = os.fsencode(headers[name].removeprefix("Bearer "))
            return {"kind": kind, "sha256": hashlib.sha256(secret).hexdigest()[:8]}
    return {"kind": "none"}


def harmless(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that hold no secret."""
    return {name: value for name, value in headers.items() if name not in _SECRETS}


def harmless_query(query: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """The query of an address (names in lower case), with stars for what may be a secret."""
    return {name: ["***"] if name in _SECRETS_IN_ADDRESS else list(values) for name, values in query.items()}
