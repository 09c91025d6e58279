"""Who may ask: the browser's pages of this server, under names that are its own.

A page of another site can make a browser call a server on loopback, and by DNS rebinding even read the
answer. The `Host` header shows the one, the `Origin` of a websocket the other. Programs send no `Origin`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from monitor.errors import ServerError

SECURITY_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'; img-src 'self' data:",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Sent with every answer. Everything that the pages need comes from this server."""

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port and brackets, is this machine's own."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def split_host(header: str) -> tuple[str, int | None]:
    """A `Host` header's name and port; an empty name where it is malformed."""
    try:
        parts = urlsplit(f"//{header}")
        port = parts.port
    except ValueError:
        return "", None
    return (parts.hostname or "").rstrip("."), port


class Gate:
    """Decides by the headers whether a request is served."""

    def __init__(self, bound_host: str, allowed_origins: Collection[str]) -> None:
        self._is_on_loopback = is_loopback(bound_host)
        self._allowed_origins = {origin.rstrip("/").lower() for origin in allowed_origins}
        self._allowed_hosts = {urlsplit(origin).hostname for origin in self._allowed_origins}

    def check(self, headers: Headers, *, checks_origin: bool) -> ServerError | None:
        """None, or why the request is refused.

        The origin matters where a page of another site must not get through: streams, and what changes
        anything.
        """
        host = headers.get("host", "")
        name, _ = split_host(host)
        if self._is_on_loopback and not is_loopback(name) and name not in self._allowed_hosts:
            return ServerError("server.forbidden_host", host=host)
        origin = headers.get("origin")
        if checks_origin and origin is not None and not self._is_own(origin, host):
            return ServerError("server.forbidden_origin", origin=origin)
        return None

    def _is_own(self, origin: str, host: str) -> bool:
        if origin.lower() in self._allowed_origins:
            return True
        try:
            parts = urlsplit(origin)
            origin_port = parts.port
        except ValueError:
            return False
        default = _DEFAULT_PORTS.get(parts.scheme)
        if default is None or not parts.hostname:
            return False
        name, port = split_host(host)
        if (origin_port or default) != (port or default):
            return False
        return parts.hostname == name or (is_loopback(parts.hostname) and is_loopback(name))


class GuardMiddleware:
    """Puts the gate before everything, and the security headers on every answer."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate
        self._headers = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or stream."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        is_stream = scope["type"] == "websocket"
        is_harmless = not is_stream and scope["method"] in {"GET", "HEAD", "OPTIONS"}

        async def send_guarded(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                message = {**message, "headers": [*message.get("headers", []), *self._headers]}
            await send(message)

        error = self._gate.check(Headers(scope=scope), checks_origin=not is_harmless)
        if error is None:
            await self._app(scope, receive, send_guarded)
            return
        answer = JSONResponse({"code": error.code, "message": error.sentence}, status_code=403)
        if is_stream:
            socket = WebSocket(scope, receive, send_guarded)
            await socket.receive()
            await socket.send_denial_response(answer)
        else:
            await answer(scope, receive, send_guarded)
