"""The built dashboard: files as they are, and its one page for every address that the pages have."""

from __future__ import annotations

import html
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from monitor.errors import ServerError

_PAGE_FOLDERS = ("accounts", "agent", "call", "history", "inbox", "quiet", "trail", "tuning", "welcome")
"""First parts of addresses that the dashboard itself turns into pages, besides `/`."""

_STREAMS = ("ws", "ingest", "listen")
"""Addresses of websockets."""

_FOREVER = "public, max-age=31536000, immutable"
_ALWAYS_ASK = "no-cache"


class Pages:
    """Serves the folder of the built dashboard."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, request: Request) -> Response:
        """The file or page of an address.

        Raises:
            ServerError: server.not_found, server.websocket.
        """
        parts = [part for part in request.url.path.split("/") if part]
        if not parts or parts[0] in _PAGE_FOLDERS or parts == ["index.html"]:
            return self._page(request)
        file = self._file(parts)
        if file is None and parts[0] in _STREAMS:
            # A proxy that does not hand the upgrade on makes a plain question of what was a websocket.
            raise ServerError("server.websocket", path=request.url.path)
        if file is None and parts[0] != "api" and "text/html" in request.headers.get("accept", ""):
            return self._page(request, status=404)  # a person mistyped: the page says so in their language
        if file is None:
            raise ServerError("server.not_found", path=request.url.path)
        # The build names the files in `assets` by their content: they never change under a name.
        caching = _FOREVER if parts[0] == "assets" else _ALWAYS_ASK
        return FileResponse(file, headers={"cache-control": caching})

    def _page(self, request: Request, status: int = 200) -> Response:
        index = self._folder / "index.html"
        if index.is_file():
            return FileResponse(index, status, headers={"cache-control": _ALWAYS_ASK})
        error = ServerError("server.no_dashboard")
        headers = {"cache-control": "no-store"}
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(
                {"code": error.code, "message": error.sentence}, status_code=503, headers=headers
            )
        return HTMLResponse(
            "<!doctype html><html lang=en><meta charset=utf-8><title>Tingyin</title>"
            f"<h1>Tingyin</h1><p>{html.escape(error.sentence)}</p><p>页面尚未构建：请运行 "
            f"<code>make dashboard</code></p><p><code>{error.code}</code></p></html>",
            status_code=503,
            headers=headers,
        )

    def _file(self, parts: list[str]) -> Path | None:
        """The file inside the folder, or None: nothing outside it is ever served."""
        root = self._folder.resolve()
        try:
            path = root.joinpath(*parts).resolve()
        except (OSError, ValueError):
            return None
        return path if path.is_relative_to(root) and path.is_file() else None
