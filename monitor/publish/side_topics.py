"""The `side` topics of one client of the stream."""

from __future__ import annotations

from collections.abc import Callable

from monitor.errors import ServerError
from monitor.publish.protocol import Side
from monitor.publish.side import SideDesk, Watch

SIDES_MAX = 16
"""Calls whose side one client may watch at once."""


class SideTopics:
    """What one client watches of the desk; without a desk there is nothing to watch."""

    def __init__(self, desk: SideDesk | None, wake: Callable[[], None], *, shows_listeners: bool) -> None:
        self._desk, self._wake, self._shows_listeners = desk, wake, shows_listeners
        self._watches: dict[str, Watch] = {}

    async def open(self, call_id: str) -> None:
        """Watches a call, anew where it is watched already.

        Raises:
            ServerError: server.unknown_call where nothing can be beside it; server.too_many_topics.
            StoreError: what is kept cannot be read.
        """
        if self._desk is None:
            raise ServerError("server.unknown_call", call_id=call_id)
        self.close(call_id)
        if len(self._watches) >= SIDES_MAX:
            raise ServerError("server.too_many_topics", limit=SIDES_MAX)
        watch = await self._desk.watch(call_id, self._wake)
        self.close(call_id)  # asked for twice in a row: the later counts
        self._watches[call_id] = watch
        self._wake()

    def close(self, call_id: str | None) -> None:
        """Watches a call no more."""
        watch = self._watches.pop(call_id or "", None)
        if watch is not None and self._desk is not None:
            self._desk.unwatch(watch)

    def close_all(self) -> None:
        """Watches nothing more."""
        for call_id in list(self._watches):
            self.close(call_id)

    def take(self) -> list[Side]:
        """How each call's side stands that has changed."""
        if self._desk is None:
            return []
        taken = (
            self._desk.take(watch, shows_listeners=self._shows_listeners) for watch in self._watches.values()
        )
        return [side for side in taken if side is not None]
