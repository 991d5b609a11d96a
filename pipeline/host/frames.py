"""How do bytes on the socket become headers and a body, and back?

The SDK's protocol puts HTTP-like headers in front of every message: as text, or, in binary messages, behind a
16-bit big-endian length. Header names are compared without case, so they are kept in lower case.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class BadFrame(ValueError):
    """The client sent something that is not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class Frame:
    headers: Mapping[str, str]
    body: str | bytes


def parse(data: str | bytes) -> Frame:
    """A message as it came from the socket. Raises BadFrame."""
    return _parse_text(data) if isinstance(data, str) else _parse_binary(data)


def _parse_text(data: str) -> Frame:
    head, gap, body = data.partition("\r\n\r\n")
    if not gap:
        raise BadFrame("a text message without an empty line after its headers")
    return Frame(_headers(head), body)


def _parse_binary(data: bytes) -> Frame:
    if len(data) < 2:
        raise BadFrame("a binary message without a header length")
    (length,) = struct.unpack_from(">H", data)
    if len(data) < 2 + length:
        raise BadFrame(f"a binary message of {len(data)} bytes with {length} bytes of headers")
    try:
        head = data[2 : 2 + length].decode("ascii")
    except UnicodeDecodeError as error:
        raise BadFrame("binary message headers that are not ASCII") from error
    return Frame(_headers(head), data[2 + length :])


def _headers(head: str) -> dict[str, str]:
    headers = {}
    for line in head.split("\r\n"):
        if not line:
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise BadFrame(f"a header without a colon: {line[:40]!r}")
        headers[name.strip().lower()] = value.strip()
    return headers


def text(path: str, request_id: str, body: Mapping[str, Any]) -> str:
    """A server's text message."""
    return raw_text(path, request_id, json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def raw_text(path: str, request_id: str, body: str) -> str:
    """As `text`, with a body that need not be JSON (faults send broken ones)."""
    return f"X-RequestId:{request_id}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n{body}"


def client_text(path: str, request_id: str, body: Mapping[str, Any]) -> str:
    """A client's text message, as the SDK writes it; for tests and for clients without an SDK."""
    return f"Path:{path}\r\nX-RequestId:{request_id}\r\nContent-Type:application/json\r\n\r\n{json.dumps(body)}"


def client_audio(request_id: str, body: bytes) -> bytes:
    """A client's audio message; an empty body ends the stream."""
    head = f"Path:audio\r\nX-RequestId:{request_id}\r\nX-StreamId:1\r\n".encode("ascii")
    return struct.pack(">H", len(head)) + head + body
