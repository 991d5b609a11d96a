"""How does apertium-apy listen on the loopback address only, and end with the host?

Run by the interpreter that apertium-apy itself runs by, as a process of its own: nothing of ours can be imported here.
By itself apertium-apy serves every network the machine is on. Its port is printed once it listens; the end of standard
input, which comes when the host dies in whatever way, ends it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any


def main() -> None:
    from apertium_apy import apy  # type: ignore[import-not-found]
    from tornado.netutil import bind_sockets  # type: ignore[import-not-found]
    from tornado.tcpserver import TCPServer  # type: ignore[import-not-found]

    def listen(server: Any, port: int) -> None:
        sockets = bind_sockets(port, "127.0.0.1")
        server.add_sockets(sockets)
        print(sockets[0].getsockname()[1], flush=True)

    # `bind` and `start` are what apertium-apy calls; to listen is both at once.
    TCPServer.bind = listen
    TCPServer.start = lambda server, processes: None
    threading.Thread(target=_end_with_host, daemon=True).start()
    apy.main()


def _end_with_host() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
