"""A source with somebody beside it: each frame is shown to them on its way to the analysis."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from monitor.core.audio import AudioFrame
from monitor.ingest.source import Source, SourceNotice


class TappedSource:
    """Gives what `source` gives, unchanged and no later.

    `hear` is called with each frame before the analysis has it, so that a busy analysis delays nobody's ear;
    it must not wait. `over` is called once, when the sound is over for whatever reason.
    """

    def __init__(self, source: Source, hear: Callable[[AudioFrame], None], over: Callable[[], None]) -> None:
        self.info = source.info
        self._source = source
        self._hear, self._over = hear, over

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The source's frames and notices.

        Raises:
            SourceError, DeviceError: as the source does.
        """
        try:
            async with aclosing(self._source.frames()) as items:
                async for item in items:
                    if isinstance(item, AudioFrame):
                        self._hear(item)
                    yield item
        finally:
            self._over()
