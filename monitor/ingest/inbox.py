"""Between the sound library's thread and the event loop: a queue of bounded length."""

from __future__ import annotations

from collections import deque
from threading import Lock

from monitor.ingest.portaudio import CapturedBlock

INBOX_S = 5.0
"""Sound that may wait for a busy event loop; beyond it the call would be told too late to matter."""


class Inbox:
    """Blocks on their way from the sound library's thread; when full, the newest are lost and counted."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks: deque[CapturedBlock] = deque()
        self._waiting_s = 0.0
        self._is_losing = False
        self.has_stopped = False

    def put(self, block: CapturedBlock, rate_hz: int) -> None:
        """Called from the sound library's thread; never waits for the event loop."""
        length_s = len(block.samples) / rate_hz
        with self._lock:
            if self._waiting_s + length_s > INBOX_S:
                self._is_losing = True
                return
            if self._is_losing:
                block = CapturedBlock(
                    samples=block.samples, captured_at_s=block.captured_at_s, has_overflow=True
                )
                self._is_losing = False
            self._blocks.append(block)
            self._waiting_s += length_s

    def stop(self) -> None:
        """Called from the sound library's thread when the device delivers no more."""
        self.has_stopped = True

    def take(self) -> list[CapturedBlock]:
        """All that waits."""
        with self._lock:
            blocks = list(self._blocks)
            self._blocks.clear()
            self._waiting_s = 0.0
        return blocks
