"""How a request that is refused, or that fails, is answered: a status, and the error's code and sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.errors import PlaybookError, ServerError, StoreError, TingyinError

_STATUS = {
    "server.unknown_call": 404,
    "server.not_found": 404,
    "server.no_audio": 404,
    "server.method": 405,
    "server.websocket": 426,
    "server.parameter": 400,
    "server.no_dashboard": 503,
    "server.malformed": 400,
    "server.oversized": 413,
    "account.refused": 401,
    "account.signed_out": 401,
    "account.program": 401,
    "account.forbidden": 403,
    "account.not_invited": 403,
    "account.unknown": 404,
    "account.exists": 409,
    "account.last_admin": 409,
    "account.name": 400,
    "account.password": 400,
    "account.link": 410,
    "account.too_often": 429,
    "message.length": 400,
    "message.template": 400,
    "message.unknown": 404,
    "message.over": 409,
    "message.too_many": 409,
    "message.too_often": 429,
    "account.provider": 502,
    "desk.unknown_alert": 404,
    "desk.unknown_mute": 404,
    "desk.unknown_rule": 404,
    "desk.assignee": 409,
    "desk.too_many": 409,
    "tuning.conflict": 409,
    "tuning.busy": 409,
    "tuning.no_calls": 409,
    "tuning.invalid": 400,
    "tuning.unknown_version": 404,
    "tuning.unknown_trial": 404,
}
"""By code; what is not here, nor of the store or the playbook, is the server's own failure."""

_log = structlog.get_logger(__name__)


def _error(error: TingyinError, status: int) -> Response:
    headers = {"cache-control": "no-store"}
    if "wait_s" in error.values:
        headers["retry-after"] = str(error.values["wait_s"])
    return JSONResponse({"code": error.code, "message": error.sentence}, status_code=status, headers=headers)


async def _on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TingyinError)
    status = 503 if isinstance(error, StoreError | PlaybookError) else _STATUS.get(error.code, 500)
    return _error(error, status)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return _error(ServerError("server.method", path=request.url.path, method=request.method), 405)
    return _error(ServerError("server.not_found", path=request.url.path), error.status_code)


async def _on_failure(request: Request, error: Exception) -> Response:
    _log.error("a request failed", path=request.url.path, error=type(error).__name__)
    return _error(ServerError("server.failed"), 500)


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    TingyinError: _on_error,
    HTTPException: _on_http_exception,
    Exception: _on_failure,
}
"""For the web application: by the exception's class."""
