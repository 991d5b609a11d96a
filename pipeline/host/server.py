"""How are clients let in over a socket, and how does the host start and stop?"""

from __future__ import annotations

import asyncio
import contextlib
import http
import json
import logging
import os
import signal
import socket as sockets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from pipeline.host import admission, parent
from pipeline.host.connection import EXIT_DIED, Connection
from pipeline.host.journal import authentication, harmless, harmless_query
from pipeline.host.service import Service
from pipeline.host.trouble import THROUGHOUT, Fault, Trouble
from pipeline.host.wanted import Dialled, dialled

_HEALTH_PATHS = ("/health", "/status", "/ready")
_LARGEST_MESSAGE_BYTES = 4 << 20
_STOPPING_S = 3.0
_FOR_EVER_S = 86_400.0
# Far more than one machine can hear at once; one more is hung up on before a byte of it is read.
_MOST_CONNECTIONS = 2_000

_LOG = logging.getLogger("pipeline.host.socket")
# The library logs a traceback for every client that goes away during its upgrade, which is their right.
_LOG.addFilter(lambda record: record.levelno > logging.INFO and "handshake" not in record.getMessage())


@dataclass(frozen=True)
class Address:
    bind: str = "127.0.0.1"
    port: int = 0


class Client(ServerConnection):
    """A socket that remembers what was decided when it was let in."""

    number = 0
    at: Dialled
    trouble: Trouble
    connected = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Client.connected += 1
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        # A client whose machine is gone says no goodbye: the system asks after it now and then.
        with contextlib.suppress(OSError):
            sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE, 1)
        if Client.connected > _MOST_CONNECTIONS:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        Client.connected -= 1
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # The SDK holds a small message back until what it sent before is acknowledged, which Linux puts off by 40 ms:
        # measured twice in each session, at the end of the audio and at the close. Linux forgets this option again.
        if hasattr(sockets, "TCP_QUICKACK"):
            sock = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_QUICKACK, 1)


class Door:
    """Decides on upgrade requests and serves the connections."""

    def __init__(self, service: Service):
        self._service = service
        self._clients: set[ServerConnection] = set()

    async def ask(self, socket: ServerConnection, request: Request) -> Response | None:
        """The answer to a request that is not let in; None lets it in."""
        assert isinstance(socket, Client)
        socket.at = dialled(request.path)
        if socket.at.path in _HEALTH_PATHS:
            return _answer(200, json.dumps(self._service.health()), "application/json")
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        self._service.sessions += 1
        socket.number = self._service.sessions
        self._die_if_due(socket.number)
        faults = self._service.faults.draw(socket.number, socket.at, headers)
        socket.trouble = Trouble(faults)
        self._service.struck.update(fault.kind for fault in faults if fault.kind in THROUGHOUT)
        refusal = await self._trouble(socket) or self._refusal(socket.at, headers)
        self._note(socket, request, headers, refusal)
        return refusal

    async def serve(self, socket: ServerConnection) -> None:
        assert isinstance(socket, Client)
        self._clients.add(socket)
        self._service.open += 1
        try:
            await Connection(socket, socket.number, socket.at, self._service, socket.trouble).serve()
        finally:
            self._service.open -= 1
            self._clients.discard(socket)

    def drop_all(self) -> None:
        """Cut every connection, as an outage does."""
        for client in tuple(self._clients):
            client.transport.abort()

    def _die_if_due(self, number: int) -> None:
        last = self._service.faults.die_after_sessions
        if last is not None and number > last:
            os._exit(EXIT_DIED)

    async def _trouble(self, socket: Client) -> Response | None:
        outage = self._service.faults.outage(self._service.now_ms)
        fault = socket.trouble.upgrade
        if outage is not None:
            kind = "reset" if outage.status is None else "status"
            fault = Fault(kind, status=outage.status or 503)
        if fault is None:
            return None
        self._service.struck["outage" if outage else fault.kind] += 1
        if fault.kind == "hang":
            await asyncio.sleep(_FOR_EVER_S)
        if fault.kind == "reset":
            socket.transport.abort()
        wait = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
        return _answer(fault.status, "fault\n", **wait)

    def _refusal(self, at: Dialled, headers: dict[str, str]) -> Response | None:
        service = self._service
        if service.key is not None and not admission.has_key(headers, service.key):
            return _answer(401, "a valid key is needed\n")
        if service.key is None and "origin" in headers:
            # A web page may open sockets to the loopback address; a host without a key is not for web pages.
            return _answer(403, "a host without a key does not serve web pages\n")
        most = service.faults.max_sessions
        if most is not None and service.open >= most:
            return _answer(429, "too many sessions\n")
        reason = admission.unserved_address(at, service.ear, service.translator)
        return _answer(400, reason + "\n") if reason else None

    def _note(self, socket: Client, request: Request, headers: dict[str, str], refusal: Response | None) -> None:
        status = 101 if refusal is None else refusal.status_code
        if refusal is not None:
            self._service.refused[status] += 1
        self._service.journal.note(
            "upgrade",
            socket.number,
            status=status,
            path=socket.at.path,
            query=harmless_query(socket.at.query),
            headers=harmless(headers),
            authentication=authentication(headers),
        )


def _answer(status: int, text: str, kind: str = "text/plain; charset=utf-8", **more: str) -> Response:
    body = text.encode()
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", **more})
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return Response(status, phrase, headers, body)


async def run(service: Service, address: Address, parent_pid: int | None, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM, SIGINT, or the end of the parent. Raises OSError when the address is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    door = Door(service)
    server = await _listen(door, address)
    watching = [asyncio.create_task(_outages(service, door))]
    if parent_pid is not None:
        watching.append(asyncio.create_task(parent.gone(parent_pid, stop)))
    ready(server.sockets[0].getsockname()[1])
    await stop.wait()
    for task in watching:
        task.cancel()
    server.close()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(server.wait_closed(), _STOPPING_S)


async def _listen(door: Door, address: Address) -> Server:
    options: dict[str, Any] = {
        "process_request": door.ask,
        "create_connection": Client,
        "compression": None,
        "max_size": _LARGEST_MESSAGE_BYTES,
        # A client on a busy machine answers late; a client that is gone is noticed by TCP.
        "ping_interval": None,
        "open_timeout": 60,
        "close_timeout": 1,
        "server_header": "speech-pipeline",
        "logger": _LOG,
    }
    server: Server = await serve(door.serve, address.bind, address.port, **options)
    return server


async def _outages(service: Service, door: Door) -> None:
    """Cut the connections when an outage begins."""
    gone = False
    while service.faults.outages:
        now = service.faults.outage(service.now_ms) is not None
        if now and not gone:
            door.drop_all()
        gone = now
        await asyncio.sleep(0.05)
