"""The gateway with SIP and the engine whole and every other port in memory: what signalling alone costs.

python -m tests.bench.signalling_gateway hipper.toml
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from hipper.runtime.compiled import use_compiled

use_compiled()  # before anything imports the SIP stack

from fmc_gateway.call import commands as c  # noqa: E402
from fmc_gateway.call import events as e  # noqa: E402
from fmc_gateway.interpreter import Interpreter  # noqa: E402
from fmc_gateway.media_port import MediaPort  # noqa: E402
from fmc_gateway.records.entry import SpoolEntry  # noqa: E402
from fmc_gateway.service import Gateway  # noqa: E402
from hipper.contracts.calls import LiveCall  # noqa: E402
from hipper.directory.directory import Directory  # noqa: E402
from hipper.pbx.ids import CallId, DeviceId, GroupId, SubscriberId, TenantId  # noqa: E402
from hipper.pbx.model import Device, DeviceKind, IdentityChoice, Number, NumberKind, SubscriberContext  # noqa: E402
from hipper.runtime.logging import configure  # noqa: E402
from hipper.runtime.settings import load  # noqa: E402
from hipper.telephony.numbers.e164 import E164  # noqa: E402

Done = Callable[[e.AnyEvent], None]

CALLER = SubscriberContext(
    tenant=TenantId("bench"),
    group=GroupId("bench"),
    subscriber=SubscriberId("caller"),
    domain="bench.example",
    display_name="Caller",
    country="NL",
    area_code="20",
    numbers=(Number(kind=NumberKind.MOBILE, e164=E164("+31612345601")),),
    devices=(Device(id=DeviceId("m"), kind=DeviceKind.MOBILE, label="mobile", mobile_network="demo-mobile"),),
    identity=IdentityChoice.MOBILE,
)


class OneCaller:
    """Knows one subscriber, who calls outside."""

    def load(self, command: c.LoadContext, done: Done) -> None:
        done(e.ContextLoaded(caller=CALLER, called=None))


class PassedOn:
    """The SDP of each side goes to the other as it is."""

    def run(self, command: object, done: Done) -> None:
        if isinstance(command, c.OfferMedia):
            done(
                e.MediaOffered(
                    pair=command.pair, from_leg=command.from_leg, to_leg=command.to_leg, sdp=command.sdp
                )
            )
        elif isinstance(command, c.AnswerMedia):
            done(e.MediaAnswered(pair=command.pair, sdp=command.sdp))


class NoRecords:
    def write(self, entry: SpoolEntry) -> None:
        """Not written."""


class NoLiveCalls:
    def publish(self, call: CallId, live: LiveCall | None) -> None:
        """Not shown."""

    def over(self, last: LiveCall, outcome: str, at_unix: float) -> None:
        """Not shown."""


class SignallingGateway(Gateway):
    def make_interpreter(self, directory: Directory, media: MediaPort) -> Interpreter:
        return Interpreter(
            sip=self.sip,
            media=PassedOn(),
            directory=OneCaller(),
            live=NoLiveCalls(),
            records=NoRecords(),
            features=self.features,
            hooks=self.hooks,
            observer=self.metrics,
            now_unix=self.clock.unix,
        )


async def _serve(path: Path) -> None:
    settings = load(path, os.environ)
    configure(settings.logging, "signalling_gateway")
    gateway = SignallingGateway(settings)
    await gateway.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
