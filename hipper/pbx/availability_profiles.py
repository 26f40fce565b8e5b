"""The profiles every user begins with (seed 4.7.1): *Available, Meeting, Out, Holiday*. Pure.

They are templates: one that is chosen is copied into the user's own settings, where it can be changed. Out of
working hours people want to be there for their family, so private callers ring through but in a meeting.
"""

from __future__ import annotations

from typing import NamedTuple

from hipper.pbx.model import SubscriberContext
from hipper.pbx.service_packs import effective
from hipper.pbx.services.availability import Action, Profile, RejectAnnouncement, Treatment


class StandardProfile(NamedTuple):
    name: str
    nl: str
    en: str
    business: RejectAnnouncement | None
    """What business callers hear when the user has no voicemail box; None: the call rings."""
    private: RejectAnnouncement | None


STANDARD = (
    StandardProfile("available", "Beschikbaar", "Available", None, None),
    StandardProfile(
        "meeting",
        "In vergadering",
        "Meeting",
        RejectAnnouncement.BUSY_IN_MEETING,
        RejectAnnouncement.BUSY_IN_MEETING,
    ),
    StandardProfile("out", "Afwezig", "Out", RejectAnnouncement.OUT_OF_OFFICE, None),
    StandardProfile("holiday", "Vakantie", "Holiday", RejectAnnouncement.ON_HOLIDAY, None),
)


def standard_profiles(context: SubscriberContext) -> tuple[Profile, ...]:
    """As they would be for this user now."""
    box = effective(context, "voicemail")
    has_box = box is not None and box.active
    return tuple(
        Profile(
            name=one.name,
            business=_treatment(one.business, has_box=has_box),
            private=_treatment(one.private, has_box=has_box),
        )
        for one in STANDARD
    )


def _treatment(announcement: RejectAnnouncement | None, *, has_box: bool) -> Treatment:
    if announcement is None:
        return Treatment()
    if has_box:
        return Treatment(action=Action.VOICEMAIL)
    return Treatment(action=Action.REJECT, announcement=announcement)
