"""Decoding for calls that are over: every request by itself, whatever else goes on."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from monitor.core.recognition import Effort, Hypothesis, SpeechRecogniser, TranscriptionRequest
from monitor.engines.queue import failed
from monitor.log import log


class OfflineTranscriber:
    """Decodes every request by itself and thoroughly, whatever else goes on: the same answers on any run.

    A decoder that fails costs that answer alone, and so does one that hangs: after `hang_s`, far longer than
    any decode takes, its thread is left behind.
    """

    def __init__(self, recogniser: SpeechRecogniser, *, workers: int = 2, hang_s: float = 300.0) -> None:
        self._recogniser = recogniser
        self._workers = max(1, workers)
        self._hang_s = hang_s
        self._pool = self._make_pool()
        self.has_hung = False
        """Whether a thread was left behind; the interpreter's orderly exit would wait for it for ever."""

    async def submit(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
        """Decodes a request in its turn."""
        loop = asyncio.get_running_loop()
        decoding = loop.run_in_executor(self._pool, self._decode, call_id, request)
        try:
            return await asyncio.wait_for(asyncio.shield(decoding), self._hang_s)
        except TimeoutError:
            log.error("recogniser hangs", call_id=call_id, seconds=self._hang_s)
            self.has_hung = True
            self._pool = self._make_pool()
            return failed(request)

    def close(self) -> None:
        """Lets what is being decoded end; what waits is given up."""
        self._pool.shutdown(wait=not self.has_hung, cancel_futures=True)

    def _make_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._workers, thread_name_prefix="words")

    def _decode(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
        try:
            return self._recogniser.decode([request], effort=Effort.THOROUGH)[0]
        except Exception as error:  # noqa: BLE001 - whatever the decoder dies of, the call goes on
            log.warning("recogniser failed", call_id=call_id, reason=type(error).__name__)
            return failed(request)
