"""What Prometheus is told. Labels are the product's own names; never a word or a number of a customer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LOOP_PROBE_S = 0.1
"""How often the event loop's lag is probed."""

_SHORT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class _Watched(Collector):
    """Reads a value, or a value for each label, when it is asked."""

    def __init__(
        self,
        family: Callable[[], GaugeMetricFamily | CounterMetricFamily],
        read: Callable[[], Mapping[str, float]],
        is_labelled: bool,
    ) -> None:
        self._family, self._read, self._is_labelled = family, read, is_labelled

    def collect(self) -> Iterator[Metric]:
        family = self._family()
        for label, value in self._read().items():
            family.add_metric([label] if self._is_labelled else [], value)
        yield family


class Metrics:
    """The process's counters, gauges and histograms, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(
            "tingyin_events", "Events of all calls, by type.", ["type"], registry=self.registry
        )
        self._loop_lag = Histogram(
            "tingyin_loop_lag_seconds",
            "How late the event loop came to a task that was due.",
            buckets=_SHORT_S,
            registry=self.registry,
        )
        self._log_write = Histogram(
            "tingyin_log_write_seconds",
            "Time that one transaction of the event log took.",
            buckets=_SHORT_S,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)

    def count_events(self, types: Sequence[str]) -> None:
        """Counts events that were emitted."""
        for kind in types:
            self._events.labels(kind).inc()

    def observe_log_write(self, took_s: float) -> None:
        """One transaction of the event log took this long."""
        self._log_write.observe(took_s)

    def watch_gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """A value that `read` gives whenever it is asked."""
        self.registry.register(
            _Watched(lambda: GaugeMetricFamily(name, help_text), lambda: {"": read()}, False)
        )

    def watch_counter(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """A count that only grows; `_total` is added to the name."""
        self.registry.register(
            _Watched(lambda: CounterMetricFamily(name, help_text), lambda: {"": read()}, False)
        )

    def watch_counters(
        self, name: str, help_text: str, label: str, read: Callable[[], Mapping[str, float]]
    ) -> None:
        """Counts by label (the guards of the recogniser, for one); `_total` is added to the name."""
        self.registry.register(
            _Watched(lambda: CounterMetricFamily(name, help_text, labels=[label]), read, True)
        )

    async def watch_loop(self) -> None:
        """Probes the event loop until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOP_PROBE_S
            await asyncio.sleep(LOOP_PROBE_S)
            self._loop_lag.observe(max(0.0, loop.time() - due))

    def text(self) -> bytes:
        """Everything, in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)
