"""Decisions for :mod:`tests.property.call_world`: whatever a plan may say, by seed.

What users' settings come to is tested with :mod:`hipper.pbx`; here the engine meets every plan there can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import msgspec

from hipper.pbx import origination, termination
from hipper.pbx.ids import DeviceId, SubscriberId
from hipper.pbx.model import (
    Announcement,
    ChangeService,
    DeviceKind,
    DivertPlan,
    DivertReason,
    FeaturePlan,
    ForwardTo,
    Onward,
    Payer,
    PullCall,
    RefusedPlan,
    RingPlan,
    RingTarget,
    SubscriberContext,
    TariffClass,
    ToAnnouncement,
    ToVoicemail,
)
from hipper.pbx.services.bundles import SubscriberServices
from hipper.pbx.services.forwarding import Voicemail
from hipper.pbx.services.in_call import InCallServices
from hipper.telephony.numbers.e164 import E164
from tests.fmc_gateway.call.kit import OUTSIDE, piet, suze, user

REMOTE = DeviceId(f"remote:{OUTSIDE}")
DESTINATIONS = ("203", "204", "030 111 2233", "+31301112233", "112", "299", "201")


def company() -> dict[str, SubscriberContext]:
    """Four colleagues; two have a voicemail box, and one uses services by keys."""
    box = SubscriberServices(voicemail=Voicemail(active=True))
    anna = user("anna", "203", E164("+31201230203"), E164("+31612340203"), services=box)
    kees = user("kees", "204", E164("+31201230204"), E164("+31612340204"))
    keys = SubscriberServices(in_call_services=InCallServices(active=True))
    return {
        "suze": suze(services=keys),
        "piet": piet(desk_phones=3, services=box),
        "anna": anna,
        "kees": kees,
    }


class Plans:
    """Stands in front of the true decisions while :meth:`deciding`, and changes what they come to."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.devices: set[str] = {REMOTE, "exchange-1"}

    @contextmanager
    def deciding(self) -> Iterator[None]:
        terminate, originate = termination.decide, origination.decide

        def of_called(called: SubscriberContext, *arguments: Any, **named: Any) -> Any:
            return self._of_called(called, terminate(called, *arguments, **named))

        def of_caller(caller: Any, called: Any, dialled: str, **named: Any) -> Any:
            code = {"*11": PullCall(), "*21*203#": ChangeService(service="x", changes="{}")}.get(dialled)
            if code is not None:
                return feature(code)
            if dialled == "299":
                return refused(Announcement.UNKNOWN_NUMBER)
            return originate(caller, called, dialled, **named)

        termination.decide, origination.decide = of_called, of_caller  # type: ignore[assignment]
        try:
            yield
        finally:
            termination.decide, origination.decide = terminate, originate

    def _of_called(self, called: SubscriberContext, plan: Any) -> Any:
        if not isinstance(plan, RingPlan) or self.rng.random() < 0.3:
            return plan
        roll = self.rng.random()
        if roll < 0.15:
            onward = self._onward(called.subscriber) or self._forward()
            return DivertPlan(onward=onward, identity=plan.identity, rule="divert.test")
        if roll < 0.22:
            return refused(self.rng.choice((None, Announcement.NO_CALLS_TAKEN)))
        return msgspec.structs.replace(
            plan,
            targets=self._targets(plan.targets),
            decline_ends_ringing=self.rng.random() < 0.7,
            on_busy=self._onward(called.subscriber),
            on_no_answer=self._onward(called.subscriber),
            on_not_reachable=self._onward(called.subscriber),
            on_decline=self._onward(called.subscriber),
        )

    def _targets(self, targets: tuple[RingTarget, ...]) -> tuple[RingTarget, ...]:
        payer = Payer(subscription=None, tariff=TariffClass.NATIONAL_FIXED)
        more = (
            RingTarget(device=REMOTE, kind=DeviceKind.REMOTE, remote_number=OUTSIDE, payer=payer, rule="r"),
            RingTarget(
                device=DeviceId("exchange-1"),
                kind=DeviceKind.EXCHANGE,
                exchange="asterisk",
                aor_user="7001",
                payer=payer,
                rule="r",
            ),
        )
        chosen = [one for one in (*targets, *more) if self.rng.random() < 0.7] or list(targets)
        return tuple(
            msgspec.structs.replace(
                one, delay_s=self.rng.choice((0.0, 0.0, 5.0, 9.0)), confirm=self.rng.random() < 0.4
            )
            for one in chosen
        )

    def _forward(self) -> ForwardTo:
        return ForwardTo(
            destination=self.rng.choice(DESTINATIONS),
            reason=self.rng.choice(list(DivertReason)),
            rule="forward.test",
            inhibited=self.rng.random() < 0.1,
        )

    def _onward(self, mailbox: SubscriberId) -> Onward | None:
        roll = self.rng.random()
        if roll < 0.35:
            return None
        if roll < 0.65:
            return self._forward()
        box = ToVoicemail(mailbox=mailbox, reason=DivertReason.NO_ANSWER, rule="voicemail.test")
        if roll < 0.8:
            return box
        return ToAnnouncement(
            announcements=(Announcement.OUT_OF_OFFICE,),
            status=480,
            cause=20,
            explanation="out of office",
            rule="assistant.test",
            then=self.rng.choice((None, box, self._forward())),
        )


def feature(action: Any) -> FeaturePlan:
    return FeaturePlan(
        action=action,
        done=Announcement.SERVICE_ON,
        failed=Announcement.SERVICE_FAILED,
        payer=Payer(subscription=None, tariff=TariffClass.FREE),
        rule="feature.test",
    )


def refused(announcement: Announcement | None) -> RefusedPlan:
    return RefusedPlan(
        status=403, cause=21, explanation="refused", rule="refused.test", announcement=announcement
    )
