"""The program's own log: structured, on standard error, never with what a party said or sounded like."""

from __future__ import annotations

import io
import logging
import sys
from typing import TextIO, cast

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger("tingyin")
"""Log with an event's name and key=value pairs: `log.warning("call failed", call_id=..., code=...)`."""


class _StandardError(io.TextIOBase):
    """Standard error as it is when something is written: loggers live longer than what a caller put there."""

    def write(self, text: str, /) -> int:
        """Writes to whatever standard error is now."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flushes it."""
        sys.stderr.flush()


def configure_log(*, is_verbose: bool = False, is_service: bool = False) -> None:
    """Sends the log to standard error: JSON for a service that no terminal watches, else lines for people."""
    is_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if is_service and not is_terminal
        else structlog.dev.ConsoleRenderer(
            colors=is_terminal, exception_formatter=structlog.dev.plain_traceback
        )
    )
    # asyncio warns of every packet for a browser that has gone; the stream's own messages say what matters.
    logging.getLogger("asyncio").setLevel(logging.DEBUG if is_verbose else logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if is_verbose else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
