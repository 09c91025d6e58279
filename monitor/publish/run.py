"""Runs the web application inside a loop that runs other things too."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from monitor.config import ServerSettings
from monitor.errors import ServerError
from monitor.publish.metrics import Metrics
from monitor.publish.stream import MESSAGE_BYTES_MAX

_FRAME_BYTES_MAX = 4 * MESSAGE_BYTES_MAX
"""The websocket engine closes on anything larger without reading it; below, the client is told why."""

_SEND_BUFFER_BYTES = 256 * 1024
"""The kernel's buffer of one connection: small, so that a client that stalls is noticed early and cheaply."""

_CLOSE_S = 2.0
"""How long clients have for their farewell when the server stops or has cut them off."""

_PING_S = 20.0
"""Dead peers are noticed by pings of the protocol, which pages do not see."""

_BACKLOG = 512


def listen(settings: ServerSettings) -> socket.socket:
    """A socket that listens where the settings say. Call it before anything else is started.

    Raises:
        ServerError: server.port_in_use, server.host.
    """
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ServerError("server.host", host=host, reason=error.strerror) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ServerError("server.port_in_use", host=host, port=port) from error
        raise ServerError("server.host", host=host, reason=error.strerror) from error
    listener.setblocking(False)
    return listener


class _StreamProtocol(WebSocketsSansIOProtocol):
    """Drops the connection of a client that was cut off and does not take even the farewell.

    Without it the transport waits for such a client for ever, with all that it has buffered.
    """

    async def send(self, message: ASGISendEvent) -> None:
        """One message of the application to the client."""
        await super().send(message)
        # Who is turned away has an answer; the library would log that the handshake was forgotten.
        self.handshake_complete = self.handshake_complete or self.close_sent

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The application is done with the client."""
        super().on_task_complete(task)
        self.loop.call_later(_CLOSE_S, self._abort_if_open)

    def _abort_if_open(self) -> None:
        if not self.disconnected:
            self.transport.abort()


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to the program that it runs in, and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to accept."""
        await super().startup(sockets)
        self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class Server:
    """Serves `app` on a listening socket while its `async with` block lasts."""

    def __init__(self, app: ASGIApp, listener: socket.socket, metrics: Metrics | None = None) -> None:
        self._listener = listener
        self._metrics = metrics
        self._tasks: list[asyncio.Task[None]] = []
        host, port = listener.getsockname()[:2]
        if host in {"0.0.0.0", "::"}:
            host = "localhost"
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        """Where a browser on this machine finds it."""
        self._server = _QuietServer(
            uvicorn.Config(
                app,
                lifespan="off",
                http="h11",
                ws=_StreamProtocol,
                ws_max_size=_FRAME_BYTES_MAX,
                ws_ping_interval=_PING_S,
                ws_ping_timeout=_PING_S,
                ws_per_message_deflate=False,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=int(_CLOSE_S),
            )
        )

    async def __aenter__(self) -> Self:
        serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        is_up = asyncio.create_task(self._server.is_up.wait())
        await asyncio.wait({serving, is_up}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            is_up.cancel()
            await serving
        self._tasks = [serving]
        if self._metrics is not None:
            self._tasks.append(asyncio.create_task(self._metrics.watch_loop()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Says farewell to the clients and stops."""
        self._server.should_exit = True
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
