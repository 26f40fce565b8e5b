"""Rules of what becomes of a call to a user (:mod:`hipper.pbx.termination`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

RING_EXTENSION = "ring.extension"
RING_FIXED = "ring.fixed"
RING_MOBILE = "ring.mobile"
RING_ALTERNATE = "ring.alternate"
DEVICE_RINGS = "device.rings"
DEVICE_SWITCHED_OFF = "device.switched-off"
DEVICE_CALLING = "device.calling"
DEVICE_NO_ADDRESS = "device.no-address"
DEVICE_REDIRECTED = "device.redirected"
CALLED_DISABLED = "called.disabled"
CALLED_NO_DEVICE = "called.no-device"
CALLED_NOTHING_RINGS = "called.nothing-rings"

TERMINATION_RULES: dict[str, Rule] = {
    RING_EXTENSION: Rule(
        "Alle toestellen gaan over bij een oproep op het verkorte nummer.",
        "All devices ring for a call to the extension.",
    ),
    RING_FIXED: Rule(
        "Alle toestellen gaan over bij een oproep op het vaste nummer.",
        "All devices ring for a call to the fixed number.",
    ),
    RING_MOBILE: Rule(
        "Alle toestellen gaan over bij een oproep op het mobiele nummer.",
        "All devices ring for a call to the mobile number.",
    ),
    RING_ALTERNATE: Rule(
        "Alle toestellen gaan over bij een oproep op een extra nummer.",
        "All devices ring for a call to an alternate number.",
    ),
    DEVICE_RINGS: Rule("Dit toestel gaat over.", "This device rings."),
    DEVICE_SWITCHED_OFF: Rule(
        "De gebruiker laat dit toestel niet meerinkelen.",
        "The user switched this device off for incoming calls.",
    ),
    DEVICE_CALLING: Rule(
        "Met dit toestel wordt op dit moment gebeld.", "This is the device the call is made from."
    ),
    DEVICE_NO_ADDRESS: Rule(
        "Dit toestel heeft geen adres of nummer waarop het te bereiken is.",
        "This device has no address or number to reach it by.",
    ),
    DEVICE_REDIRECTED: Rule(
        "Dit toestel stuurt de oproep door naar een ander nummer.",
        "This device sends the call on to another number.",
    ),
    CALLED_DISABLED: Rule(
        "De gebelde gebruiker is uitgeschakeld en niet bereikbaar.",
        "The called user is disabled and cannot be reached.",
    ),
    CALLED_NO_DEVICE: Rule("De gebelde gebruiker heeft geen toestel.", "The called user has no device."),
    CALLED_NOTHING_RINGS: Rule(
        "Geen van de toestellen van de gebelde gebruiker gaat nu over.",
        "None of the called user's devices rings at the moment.",
    ),
}
