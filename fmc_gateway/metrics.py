"""What the gateway counts. Every series exists at zero from the start, so that an alert can tell
none from unknown."""

from __future__ import annotations

from hipper.contracts.calls import CallOutcome
from hipper.runtime.metrics import Metrics

FAST_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
REFUSALS = ("unconfigured_peer", "draining", "call_limit", "forbidden", "bad_offer")


class GatewayMetrics:
    """Observer of intake, interpreter and registrar."""

    def __init__(self, metrics: Metrics) -> None:
        outcomes = [outcome.value for outcome in CallOutcome]
        calls = metrics.counter("calls", "Calls that are over.", "outcome", outcomes)
        self._calls = {outcome: calls.labels(outcome.value) for outcome in CallOutcome}
        self._refused = metrics.counter("calls_refused", "INVITEs refused at the edge.", "reason", REFUSALS)
        self._faults = metrics.counter("engine_faults", "Calls ended by a fault of ours.")
        self._registers = metrics.counter(
            "registers", "REGISTER requests answered.", "status", ("200", "401", "403", "503")
        )
        self._credentials = metrics.counter(
            "credentials_refused", "Requests of desk phones with a wrong user or password."
        )
        self._setup = metrics.histogram(
            "call_setup_seconds", "From the caller's INVITE to the first INVITE of ours.", FAST_SECONDS
        )
        self._ng = metrics.histogram("ng_seconds", "How long rtpengine takes to answer.", FAST_SECONDS)

    def call_began(self) -> None:
        """The gauge of active calls reads the interpreter."""

    def call_finished(self, outcome: CallOutcome | None, setup_ms: float | None) -> None:
        self._calls[outcome or CallOutcome.FAILED].inc()
        if setup_ms is not None:
            self._setup.observe(setup_ms / 1000)

    def call_refused(self, why: str) -> None:
        self._refused.labels(why).inc()

    def engine_fault(self) -> None:
        self._faults.inc()

    def registered(self, status: int) -> None:
        self._registers.labels(str(status)).inc()

    def credentials_refused(self) -> None:
        self._credentials.inc()

    def ng_answered(self, seconds: float) -> None:
        self._ng.observe(seconds)
