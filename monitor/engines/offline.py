"""Decoding for calls that are over: every request by itself, whatever else goes on."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from monitor.core.recognition import Hypothesis, SpeechRecogniser, TranscriptionRequest
from monitor.engines.queue import failed
from monitor.log import log


class OfflineTranscriber:
    """Decodes every request by itself and thoroughly, whatever else goes on: the same answers on any run."""

    def __init__(self, recogniser: SpeechRecogniser, *, workers: int = 2) -> None:
        self._recogniser = recogniser
        self._pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="words")

    def submit(self, call_id: str, request: TranscriptionRequest) -> asyncio.Future[Hypothesis | None]:
        """Queues a request; a decoder that fails costs that answer alone."""
        return asyncio.get_running_loop().run_in_executor(self._pool, self._decode, call_id, request)

    def close(self) -> None:
        """Lets what is being decoded end; what waits is given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _decode(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
        try:
            return self._recogniser.decode([request], is_thorough=True)[0]
        except Exception as error:  # noqa: BLE001 - whatever the decoder dies of, the call goes on
            log.warning("recogniser failed", call_id=call_id, reason=type(error).__name__)
            return failed(request)
