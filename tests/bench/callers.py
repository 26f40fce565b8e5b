"""Who makes the calls of a benchmark: users enough that none has more calls at once than a pack allows."""

from __future__ import annotations

CALLERS = 600
"""Five thousand calls at once are eight or nine each."""


def msisdn(call: int) -> str:
    """Of the user who makes the call of this number; one after the other, from the first again."""
    return f"+3161236{call % CALLERS:04d}"


def subscribers() -> str:
    """They, for a provisioning file of the demonstration's company."""
    return "".join(
        f"""
[[subscriber]]
user = "caller{number}"
group = "amsterdam"
display_name = "Caller {number}"
extension = "{3000 + number}"
mobile = "{msisdn(number)}"
identity = "mobile"
mobile_subscription = "CALLER-{number}"
"""
        for number in range(CALLERS)
    )


def injected() -> str:
    """They, for the calls of a SIPp (``-inf``)."""
    return "SEQUENTIAL\n" + "".join(f"{msisdn(number)};\n" for number in range(CALLERS))
