"""Prometheus metrics of one process: a registry of its own, names beginning with ``hipper_``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

SETUP_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Buckets for things a caller waits for."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Where a service makes its metrics. Labels that are known beforehand are made at once, so that a gauge
    or counter exists at zero and an alert can tell "nothing" from "nobody measures"."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self._prefix = f"hipper_{service}_"
        GCCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        ProcessCollector(registry=self.registry)

    def counter(
        self, name: str, help_text: str, label: str | None = None, values: Sequence[str] = ()
    ) -> Counter:
        made = Counter(self._prefix + name, help_text, [label] if label else [], registry=self.registry)
        for value in values:
            made.labels(value)
        return made

    def gauge(
        self,
        name: str,
        help_text: str,
        label: str | None = None,
        values: Sequence[str] = (),
        *,
        read: Callable[[], float] | None = None,
    ) -> Gauge:
        """read: called at each scrape, instead of being set."""
        made = Gauge(self._prefix + name, help_text, [label] if label else [], registry=self.registry)
        for value in values:
            made.labels(value)
        if read is not None:
            made.set_function(read)
        return made

    def histogram(self, name: str, help_text: str, buckets: Sequence[float] = SETUP_SECONDS) -> Histogram:
        """Of seconds."""
        return Histogram(self._prefix + name, help_text, registry=self.registry, buckets=tuple(buckets))

    def render(self) -> bytes:
        """The page of ``/metrics``."""
        return generate_latest(self.registry)
