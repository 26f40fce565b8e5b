"""Rules of the services that have a say before anything rings (:mod:`hipper.pbx.termination`)."""

from __future__ import annotations

from hipper.pbx.rules.base import Rule

EMERGENCY_CALLBACK = "emergency.callback"
INCOMING_BARRED = "incoming.barred"
INCOMING_CAPACITY = "incoming.capacity-of-group"
INTERCEPT_GROUP = "intercept.group"
INTERCEPT_USER = "intercept.user"
SCHEDULE_UNKNOWN = "schedule.unknown"
AVAILABILITY_RINGS = "availability.rings"
AVAILABILITY_FORWARD = "availability.forward"
AVAILABILITY_VOICEMAIL = "availability.voicemail"
AVAILABILITY_REJECT = "availability.reject"
PROFILE_UNKNOWN = "profile.unknown"
PROFILE_RINGS = "profile.rings"
PROFILE_FORWARD = "profile.forward"
PROFILE_VOICEMAIL = "profile.voicemail"
PROFILE_REJECT = "profile.reject"
REJECT_ANONYMOUS = "reject.anonymous"
REJECT_NOT_COLLEAGUE = "reject.not-a-colleague"
REJECT_SELECTIVE = "reject.selective"
REJECT_NOT_ACCEPTED = "reject.not-accepted"
DIVERT_SELECTIVE = "divert.selective"
DIVERT_ALWAYS = "divert.always"
DIVERT_NIGHT_GROUP = "divert.night-group"
DIVERT_NIGHT_OWN = "divert.night-own"
DIVERT_BUSY = "divert.busy"
DIVERT_NO_ANSWER = "divert.no-answer"
DIVERT_NOT_REACHABLE = "divert.not-reachable"
DIVERT_NO_DESTINATION = "divert.no-destination"
DIVERT_INHIBITED = "divert.inhibited"
DIVERT_LOOP = "divert.loop"
DIVERT_LIMIT = "divert.limit"
VOICEMAIL_ALWAYS = "voicemail.always"
VOICEMAIL_BUSY = "voicemail.busy"
VOICEMAIL_NO_ANSWER = "voicemail.no-answer"
VOICEMAIL_NOT_REACHABLE = "voicemail.not-reachable"
VOICEMAIL_OFF = "voicemail.off"
BUSY_DO_NOT_DISTURB = "busy.do-not-disturb"
BUSY_NO_CALL_WAITING = "busy.no-call-waiting"
BUSY_CALLS_AT_ONCE = "busy.calls-at-once"
ASSISTANT_SPEAKS = "assistant.speaks"
ASSISTANT_LETS_THROUGH = "assistant.lets-through"

CALLED_RULES: dict[str, Rule] = {
    EMERGENCY_CALLBACK: Rule(
        "De alarmcentrale belt terug: alle toestellen gaan over, wat er ook is ingesteld.",
        "The emergency centre calls back: all devices ring, whatever is set.",
    ),
    INCOMING_BARRED: Rule(
        "De belregels van de groep laten deze oproep niet binnen.",
        "The incoming calling plan of the group does not let this call in.",
    ),
    INCOMING_CAPACITY: Rule(
        "De groep heeft zo veel gesprekken tegelijk als is ingesteld.",
        "The group has as many calls at once as it may have.",
    ),
    INTERCEPT_GROUP: Rule(
        "Alle oproepen naar de groep worden onderschept.", "All calls to the group are intercepted."
    ),
    INTERCEPT_USER: Rule(
        "Alle oproepen naar deze gebruiker worden onderschept.", "All calls to this user are intercepted."
    ),
    SCHEDULE_UNKNOWN: Rule(
        "Een instelling noemt een tijdschema dat niet bestaat.",
        "A setting names a schedule that does not exist.",
    ),
    AVAILABILITY_RINGS: Rule(
        "De bereikbaarheid op dit nummer laat alleen gekozen toestellen overgaan.",
        "Availability on this number lets chosen devices ring only.",
    ),
    AVAILABILITY_FORWARD: Rule(
        "De bereikbaarheid op dit nummer schakelt oproepen nu door.",
        "Availability on this number forwards calls at this time.",
    ),
    AVAILABILITY_VOICEMAIL: Rule(
        "De bereikbaarheid op dit nummer stuurt oproepen nu naar de voicemail.",
        "Availability on this number sends calls to voicemail at this time.",
    ),
    AVAILABILITY_REJECT: Rule(
        "Op dit nummer worden nu geen oproepen aangenomen.", "No calls are taken on this number at this time."
    ),
    PROFILE_UNKNOWN: Rule(
        "Het gekozen profiel bestaat niet en telt niet mee.",
        "The profile that was chosen does not exist and does not count.",
    ),
    PROFILE_RINGS: Rule(
        "Het actieve profiel laat alleen gekozen toestellen overgaan.",
        "The active profile lets chosen devices ring only.",
    ),
    PROFILE_FORWARD: Rule(
        "Het actieve profiel schakelt oproepen van deze beller door.",
        "The active profile forwards calls of this caller.",
    ),
    PROFILE_VOICEMAIL: Rule(
        "Het actieve profiel stuurt oproepen van deze beller naar de voicemail.",
        "The active profile sends calls of this caller to voicemail.",
    ),
    PROFILE_REJECT: Rule(
        "Het actieve profiel neemt geen oproepen van deze beller aan.",
        "The active profile takes no calls of this caller.",
    ),
    REJECT_ANONYMOUS: Rule(
        "De gebruiker neemt geen oproepen aan van wie het nummer afschermt.",
        "The user takes no calls of those who withhold their number.",
    ),
    REJECT_NOT_COLLEAGUE: Rule(
        "Een anonieme oproep binnen de groep wordt niet geweigerd.",
        "An anonymous call within the group is not rejected.",
    ),
    REJECT_SELECTIVE: Rule(
        "Deze oproep voldoet aan een regel van selectief weigeren.",
        "This call meets a rule of Selective Call Rejection.",
    ),
    REJECT_NOT_ACCEPTED: Rule(
        "Deze oproep voldoet aan geen regel van selectief aannemen.",
        "This call meets no rule of Selective Call Acceptance.",
    ),
    DIVERT_SELECTIVE: Rule(
        "Deze oproep voldoet aan een regel van selectief doorschakelen.",
        "This call meets a rule of Call Forwarding Selective.",
    ),
    DIVERT_ALWAYS: Rule("De gebruiker schakelt altijd door.", "The user forwards all calls."),
    DIVERT_NIGHT_GROUP: Rule(
        "De nachtschakeling van de groep staat aan.", "Night forwarding of the group is on."
    ),
    DIVERT_NIGHT_OWN: Rule(
        "De eigen nachtschakeling van de gebruiker staat aan.", "The user's own night forwarding is on."
    ),
    DIVERT_BUSY: Rule("De gebruiker schakelt door bij bezet.", "The user forwards calls when busy."),
    DIVERT_NO_ANSWER: Rule(
        "De gebruiker schakelt door bij geen gehoor.", "The user forwards calls when there is no answer."
    ),
    DIVERT_NOT_REACHABLE: Rule(
        "De gebruiker schakelt door bij niet bereikbaar.",
        "The user forwards calls when not reachable.",
    ),
    DIVERT_NO_DESTINATION: Rule(
        "Voor het doorschakelen is geen bestemming ingesteld.", "No destination is set for the forwarding."
    ),
    DIVERT_INHIBITED: Rule(
        "Wie de oproep doorschakelde, wil dat hij niet verder gaat.",
        "Whoever forwarded the call wants it to go no further.",
    ),
    DIVERT_LOOP: Rule(
        "Deze gebruiker heeft dit gesprek al eens doorgeschakeld.",
        "This user has forwarded this call before.",
    ),
    DIVERT_LIMIT: Rule(
        "Dit gesprek is te vaak doorgeschakeld.", "This call has been forwarded too many times."
    ),
    VOICEMAIL_ALWAYS: Rule(
        "Alle oproepen gaan meteen naar de voicemail.", "All calls go to voicemail at once."
    ),
    VOICEMAIL_BUSY: Rule("De voicemail neemt op bij bezet.", "Voicemail answers when the user is busy."),
    VOICEMAIL_NO_ANSWER: Rule(
        "De voicemail neemt op bij geen gehoor.", "Voicemail answers when nobody does."
    ),
    VOICEMAIL_NOT_REACHABLE: Rule(
        "De voicemail neemt op als de gebruiker niet bereikbaar is.",
        "Voicemail answers when the user cannot be reached.",
    ),
    VOICEMAIL_OFF: Rule(
        "De oproep zou naar de voicemail gaan, maar die staat uit.",
        "The call would go to voicemail, which is off.",
    ),
    BUSY_DO_NOT_DISTURB: Rule(
        "De gebruiker wil niet gestoord worden.", "The user does not want to be disturbed."
    ),
    BUSY_CALLS_AT_ONCE: Rule(
        "De gebruiker heeft al zoveel gesprekken tegelijk als mag.",
        "The user is in as many calls at once as allowed.",
    ),
    BUSY_NO_CALL_WAITING: Rule(
        "De gebruiker is in gesprek en heeft wisselgesprek uitgezet.",
        "The user is in a call and has call waiting switched off.",
    ),
    ASSISTANT_SPEAKS: Rule(
        "De persoonlijke assistent zegt waarom de gebruiker niet beschikbaar is.",
        "The personal assistant says why the user is not available.",
    ),
    ASSISTANT_LETS_THROUGH: Rule(
        "De persoonlijke assistent laat deze beller door.", "The personal assistant lets this caller through."
    ),
}
