"""The counters that Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
BATCHES = (1, 2, 3, 4, 6, 8, 16, 32)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The counters of one endpoint."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter("semseg_requests", "Requests answered, by status.", ["code"], registry=self._registry)
        self.received = Counter("semseg_received_bytes", "Bytes of bodies received.", registry=self._registry)
        self.sent = Counter("semseg_sent_bytes", "Bytes of bodies sent.", registry=self._registry)
        self.restarts = Counter("semseg_engine_restarts", "Engine processes replaced.", registry=self._registry)
        self.in_flight = self._gauge("semseg_requests_in_flight", "Requests admitted and not yet answered.")
        self.queue = self._gauge("semseg_queue_length", "Decoded pictures that wait for an engine.")
        self.engines = self._gauge("semseg_engines_ready", "Engine processes that are ready.")
        self.queue_seconds = self._histogram("semseg_queue_seconds", "Waiting of a request, before and after decoding.")
        self.decode_seconds = self._histogram("semseg_decode_seconds", "Decoding of a picture.")
        self.inference_seconds = self._histogram("semseg_inference_seconds", "Computing of a batch in the engine.")
        self.encode_seconds = self._histogram("semseg_encode_seconds", "Encoding of an answer.")
        self.batch_size = Histogram(
            "semseg_batch_size", "Pictures computed together.", registry=self._registry, buckets=BATCHES
        )

    def exposition(self) -> bytes:
        """Returns all counters in Prometheus's text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, registry=self._registry)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        return Histogram(name, meaning, registry=self._registry, buckets=SECONDS)
