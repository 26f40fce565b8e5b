"""Operations of the API: services of users. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from hipper_api import models, settings
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class ServicesOfUsers:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def change_user_alternate_numbers(
        self, user: str, body: settings.AlternateNumbersChange, *, if_match: str | None = None
    ) -> Versioned[settings.AlternateNumbers]:
        """Alternate Numbers: change some of settings.

        Alternatieve nummers. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Up to ten numbers are the user's in the numbers table; here stands how they ring.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/alternate_numbers",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.AlternateNumbers)

    async def change_user_anonymous_call_rejection(
        self, user: str, body: settings.AnonymousCallRejectionChange, *, if_match: str | None = None
    ) -> Versioned[settings.AnonymousCallRejection]:
        """Anonymous Call Rejection: change some of settings.

        Anonieme oproepen weigeren. Holds for the next call. What is absent stays, ``null`` is a
        value; lists are given whole.

        Callers who withhold their number hear that no calls are taken; not within the group.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/anonymous_call_rejection",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.AnonymousCallRejection)

    async def change_user_anywhere(
        self, user: str, body: settings.AnywhereChange, *, if_match: str | None = None
    ) -> Versioned[settings.Anywhere]:
        """BroadWorks Anywhere: change some of settings.

        Anywhere. Holds for the next call. What is absent stays, ``null`` is a value; lists are given
        whole.

        What a user or administrator set for one service.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/users/{quoted(user)}/services/anywhere", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Anywhere)

    async def change_user_automatic_callback(
        self, user: str, body: settings.AutomaticCallbackChange, *, if_match: str | None = None
    ) -> Versioned[settings.AutomaticCallback]:
        """Automatic Callback: change some of settings.

        Automatisch terugbellen. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/automatic_callback",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.AutomaticCallback)

    async def change_user_availability(
        self, user: str, body: settings.AvailabilityChange, *, if_match: str | None = None
    ) -> Versioned[settings.Availability]:
        """Availability: change some of settings.

        Bereikbaarheid. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        ``active_profile``: chosen by hand, ``until`` (Unix seconds) or for good; else the first of
        ``by_schedule`` whose schedule holds; else none. The number's schedule is asked first: a
        profile only narrows what the number lets through.

        Chapter 4.7.1, 5.3, 5.6 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/availability",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.Availability)

    async def change_user_bargein_exempt(
        self, user: str, body: settings.BargeinExemptChange, *, if_match: str | None = None
    ) -> Versioned[settings.BargeinExempt]:
        """Bargein Exempt: change some of settings.

        Niet inbreken. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        Nobody joins calls of this user unasked.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/bargein_exempt",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.BargeinExempt)

    async def change_user_busy_lamp_field(
        self, user: str, body: settings.BusyLampFieldChange, *, if_match: str | None = None
    ) -> Versioned[settings.BusyLampField]:
        """Busy Lamp Field: change some of settings.

        Bezetlampjes. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        This user's telephones may show who of the enterprise is in a call. On unless it is switched
        off.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/busy_lamp_field",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.BusyLampField)

    async def change_user_call_forwarding_always(
        self, user: str, body: settings.CallForwardingAlwaysChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingAlways]:
        """Call Forwarding Always: change some of settings.

        Altijd doorschakelen. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_forwarding_always",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingAlways)

    async def change_user_call_forwarding_busy(
        self, user: str, body: settings.CallForwardingBusyChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingBusy]:
        """Call Forwarding Busy: change some of settings.

        Doorschakelen bij bezet. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_forwarding_busy",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingBusy)

    async def change_user_call_forwarding_no_answer(
        self, user: str, body: settings.CallForwardingNoAnswerChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingNoAnswer]:
        """Call Forwarding No Answer: change some of settings.

        Doorschakelen bij geen gehoor. Holds for the next call. What is absent stays, ``null`` is a
        value; lists are given whole.

        ``after_s`` None: the user's own no-answer time.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_forwarding_no_answer",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingNoAnswer)

    async def change_user_call_forwarding_not_reachable(
        self, user: str, body: settings.CallForwardingNotReachableChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingNotReachable]:
        """Call Forwarding Not Reachable: change some of settings.

        Doorschakelen bij niet bereikbaar. Holds for the next call. What is absent stays, ``null`` is
        a value; lists are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_forwarding_not_reachable",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingNotReachable)

    async def change_user_call_forwarding_selective(
        self, user: str, body: settings.CallForwardingSelectiveChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingSelective]:
        """Call Forwarding Selective: change some of settings.

        Selectief doorschakelen. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        The first rule whose criterion holds counts.

        Chapter 4.2, 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_forwarding_selective",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingSelective)

    async def change_user_call_pickup(
        self, user: str, body: settings.CallPickupChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallPickup]:
        """Call Pickup: change some of settings.

        Gesprek overnemen. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        The user may take the call that has rung longest at anybody of the group.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_pickup",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallPickup)

    async def change_user_call_return(
        self, user: str, body: settings.CallReturnChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallReturn]:
        """Call Return: change some of settings.

        Terugbellen. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_return",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallReturn)

    async def change_user_call_waiting(
        self, user: str, body: settings.CallWaitingChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallWaiting]:
        """Call Waiting: change some of settings.

        Wisselgesprek. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        False: a call for a user who is in one is busy. The service is on unless it is switched off.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/call_waiting",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallWaiting)

    async def change_user_connected_line_identification_restriction(
        self,
        user: str,
        body: settings.ConnectedLineIdentificationRestrictionChange,
        *,
        if_match: str | None = None,
    ) -> Versioned[settings.ConnectedLineIdentificationRestriction]:
        """Connected Line Identification Restriction: change some of settings.

        Verbonden nummer verbergen. Holds for the next call. What is absent stays, ``null`` is a
        value; lists are given whole.

        Callers do not see who answered (COLR).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/connected_line_identification_restriction",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.ConnectedLineIdentificationRestriction)

    async def change_user_contact_list_identity(
        self, user: str, body: settings.ContactListIdentityChange, *, if_match: str | None = None
    ) -> Versioned[settings.ContactListIdentity]:
        """Identity per contact list: change some of settings.

        Identiteit per telefoonlijst. Holds for the next call. What is absent stays, ``null`` is a
        value; lists are given whole.

        The number shown by the contact list that whoever is called stands in; without an entry as for
        everybody.

        Chapter 4.7.1, 5.1 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/contact_list_identity",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.ContactListIdentity)

    async def change_user_directed_call_pickup(
        self, user: str, body: settings.DirectedCallPickupChange, *, if_match: str | None = None
    ) -> Versioned[settings.DirectedCallPickup]:
        """Directed Call Pickup: change some of settings.

        Gericht gesprek overnemen. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        The user may take a call that rings at a colleague of the group, by that colleague's
        extension.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/directed_call_pickup",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DirectedCallPickup)

    async def change_user_directed_call_pickup_with_bargein(
        self, user: str, body: settings.DirectedCallPickupWithBargeinChange, *, if_match: str | None = None
    ) -> Versioned[settings.DirectedCallPickupWithBargein]:
        """Directed Call Pickup with Bargein: change some of settings.

        Gericht overnemen met inbreken. Holds for the next call. What is absent stays, ``null`` is a
        value; lists are given whole.

        As Directed Call Pickup; a call that is answered already is joined. ``warning_tone``: the
        parties hear that somebody comes in.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/directed_call_pickup_with_bargein",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DirectedCallPickupWithBargein)

    async def change_user_diversion_inhibitor(
        self, user: str, body: settings.DiversionInhibitorChange, *, if_match: str | None = None
    ) -> Versioned[settings.DiversionInhibitor]:
        """Diversion Inhibitor: change some of settings.

        Niet verder doorschakelen. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Calls this user forwards are not forwarded again, for instance to a voicemail box.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/diversion_inhibitor",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DiversionInhibitor)

    async def change_user_do_not_disturb(
        self, user: str, body: settings.DoNotDisturbChange, *, if_match: str | None = None
    ) -> Versioned[settings.DoNotDisturb]:
        """Do Not Disturb: change some of settings.

        Niet storen. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        Callers hear that the user is busy.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/do_not_disturb",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DoNotDisturb)

    async def change_user_external_calling_line_id_delivery(
        self, user: str, body: settings.ExternalCallingLineIdDeliveryChange, *, if_match: str | None = None
    ) -> Versioned[settings.ExternalCallingLineIdDelivery]:
        """External Calling Line ID Delivery: change some of settings.

        Nummerweergave extern. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        ``active`` False: this user's telephones do not show who calls from outside.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/external_calling_line_id_delivery",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.ExternalCallingLineIdDelivery)

    async def change_user_in_call_services(
        self, user: str, body: settings.InCallServicesChange, *, if_match: str | None = None
    ) -> Versioned[settings.InCallServices]:
        """In-call services: change some of settings.

        Diensten tijdens het gesprek. Holds for the next call. What is absent stays, ``null`` is a
        value; lists are given whole.

        ``active``: keys the user presses during a call are listened to for the codes of the group.
        Holds for the next call.

        Chapter 4.7.3 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/in_call_services",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InCallServices)

    async def change_user_intercept_user(
        self, user: str, body: settings.InterceptUserChange, *, if_match: str | None = None
    ) -> Versioned[settings.InterceptUser]:
        """Intercept User: change some of settings.

        Oproepen onderscheppen. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Every call goes elsewhere, or is told that the user takes none (``destination`` None).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/intercept_user",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InterceptUser)

    async def change_user_internal_calling_line_id_delivery(
        self, user: str, body: settings.InternalCallingLineIdDeliveryChange, *, if_match: str | None = None
    ) -> Versioned[settings.InternalCallingLineIdDelivery]:
        """Internal Calling Line ID Delivery: change some of settings.

        Nummerweergave intern. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        ``active`` False: colleagues see no line either (hide number, internal).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/internal_calling_line_id_delivery",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InternalCallingLineIdDelivery)

    async def change_user_last_number_redial(
        self, user: str, body: settings.LastNumberRedialChange, *, if_match: str | None = None
    ) -> Versioned[settings.LastNumberRedial]:
        """Last Number Redial: change some of settings.

        Laatste nummer herhalen. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/last_number_redial",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.LastNumberRedial)

    async def change_user_music_on_hold_user(
        self, user: str, body: settings.MusicOnHoldUserChange, *, if_match: str | None = None
    ) -> Versioned[settings.MusicOnHoldUser]:
        """Music On Hold User: change some of settings.

        Wachtmuziek. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        ``active`` False: whom this user puts on hold hears nothing. ``recording``: name of the
        company's recording that is heard; None: its default. Holds for the next hold.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/music_on_hold_user",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.MusicOnHoldUser)

    async def change_user_night_forwarding(
        self, user: str, body: settings.UserNightForwardingChange, *, if_match: str | None = None
    ) -> Versioned[settings.UserNightForwarding]:
        """Group Night Forwarding: change some of settings.

        Nachtschakeling. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        The user's own part: follow the group, or decide oneself ("de gebruiker kan zelf het moment
        activeren").

        Chapter 4.1.1, 9 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/night_forwarding",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.UserNightForwarding)

    async def change_user_outgoing_calling_plan(
        self, user: str, body: settings.OutgoingCallingPlanChange, *, if_match: str | None = None
    ) -> Versioned[settings.OutgoingCallingPlan]:
        """Outgoing Calling Plan: change some of settings.

        Belregels uitgaand. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        Holds on every leg that is originated for a user: calls, forwards, numbers that ring along,
        redirects, dial from the app (call-flows §2). ``barred``: classes not allowed.
        ``barred_prefixes`` and ``allowed_prefixes``: E.164 beginnings, the longest that fits counts
        and goes before the class. ``forward_barred``: besides, for legs a call is diverted over.
        Caps: None is no cap; spend in euros.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/outgoing_calling_plan",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.OutgoingCallingPlan)

    async def change_user_personal_assistant(
        self, user: str, body: settings.PersonalAssistantChange, *, if_match: str | None = None
    ) -> Versioned[settings.PersonalAssistant]:
        """Personal Assistant: change some of settings.

        Persoonlijke assistent. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Callers hear why the user is not available and, with ``until`` (Unix seconds), when that
        changes. Then they go to ``transfer_to``, the voicemail box, or are told to call back.
        ``exclude``: callers who get through all the same, E.164.

        Chapter 4.2 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/personal_assistant",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.PersonalAssistant)

    async def change_user_priority_alert(
        self, user: str, body: settings.PriorityAlertChange, *, if_match: str | None = None
    ) -> Versioned[settings.PriorityAlert]:
        """Priority Alert: change some of settings.

        Afwijkend belsignaal. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Calls that meet a criterion ring differently.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/priority_alert",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.PriorityAlert)

    async def change_user_privacy(
        self, user: str, body: settings.PrivacyChange, *, if_match: str | None = None
    ) -> Versioned[settings.Privacy]:
        """Privacy: change some of settings.

        Privacy. Holds for the next call. What is absent stays, ``null`` is a value; lists are given
        whole.

        The user stays out of lists and lamps of colleagues.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/users/{quoted(user)}/services/privacy", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Privacy)

    async def change_user_remote_office(
        self, user: str, body: settings.RemoteOfficeChange, *, if_match: str | None = None
    ) -> Versioned[settings.RemoteOffice]:
        """Remote Office: change some of settings.

        Remote Office. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        The number rings instead of the user's own telephones.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/remote_office",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.RemoteOffice)

    async def change_user_ring_order(
        self, user: str, body: settings.RingOrderChange, *, if_match: str | None = None
    ) -> Versioned[settings.RingOrder]:
        """Ring order: change some of settings.

        Volgorde van overgaan. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        How long after the first each device begins to ring; devices not named ring at once.

        Chapter 5.3 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/ring_order",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.RingOrder)

    async def change_user_schedules(
        self, user: str, body: settings.SchedulesChange, *, if_match: str | None = None
    ) -> Versioned[settings.Schedules]:
        """Schedules: change some of settings.

        Tijdschema's. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        Those of one owner; a user's hides the group's of the same name.

        Chapter 5.3, 5.6 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/users/{quoted(user)}/services/schedules", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Schedules)

    async def change_user_selective_call_acceptance(
        self, user: str, body: settings.SelectiveCallAcceptanceChange, *, if_match: str | None = None
    ) -> Versioned[settings.SelectiveCallAcceptance]:
        """Selective Call Acceptance: change some of settings.

        Selectief aannemen. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        Only calls that meet a criterion are taken.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/selective_call_acceptance",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SelectiveCallAcceptance)

    async def change_user_selective_call_rejection(
        self, user: str, body: settings.SelectiveCallRejectionChange, *, if_match: str | None = None
    ) -> Versioned[settings.SelectiveCallRejection]:
        """Selective Call Rejection: change some of settings.

        Selectief weigeren. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/selective_call_rejection",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SelectiveCallRejection)

    async def change_user_simultaneous_calls(
        self, user: str, body: settings.SimultaneousCallsChange, *, if_match: str | None = None
    ) -> Versioned[settings.SimultaneousCalls]:
        """Simultaneous calls: change some of settings.

        Gelijktijdige gesprekken. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        ``most``: calls of the user at once, made and received, held ones too; None: as many as the
        pack allows, which is the most in any case.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/simultaneous_calls",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SimultaneousCalls)

    async def change_user_simultaneous_ring_personal(
        self, user: str, body: settings.SimultaneousRingPersonalChange, *, if_match: str | None = None
    ) -> Versioned[settings.SimultaneousRingPersonal]:
        """Simultaneous Ring Personal: change some of settings.

        Gelijktijdig overgaan. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Up to ten numbers. ``criteria``: when; empty: always.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/simultaneous_ring_personal",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SimultaneousRingPersonal)

    async def change_user_speed_dial100(
        self, user: str, body: settings.SpeedDial100Change, *, if_match: str | None = None
    ) -> Versioned[settings.SpeedDial100]:
        """Speed Dial 100: change some of settings.

        Verkort kiezen 100. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/speed_dial_100",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SpeedDial100)

    async def change_user_speed_dial8(
        self, user: str, body: settings.SpeedDial8Change, *, if_match: str | None = None
    ) -> Versioned[settings.SpeedDial8]:
        """Speed Dial 8: change some of settings.

        Verkort kiezen 8. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/users/{quoted(user)}/services/speed_dial_8",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SpeedDial8)

    async def change_user_voicemail(
        self, user: str, body: settings.VoicemailChange, *, if_match: str | None = None
    ) -> Versioned[settings.Voicemail]:
        """Voice Messaging User: change some of settings.

        Voicemail. Holds for the next call. What is absent stays, ``null`` is a value; lists are given
        whole.

        When the one voicemail box takes the call (seed 5.4).

        Chapter 4.2, 5.4 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/users/{quoted(user)}/services/voicemail", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Voicemail)

    async def get_user_alternate_numbers(
        self, user: str, *, known: Versioned[settings.AlternateNumbers] | None = None
    ) -> Versioned[settings.AlternateNumbers]:
        """Alternate Numbers: settings.

        Alternatieve nummers. How it is set for one user, also when the pack does not hold it.

        Up to ten numbers are the user's in the numbers table; here stands how they ring.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/alternate_numbers",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.AlternateNumbers, known)

    async def get_user_anonymous_call_rejection(
        self, user: str, *, known: Versioned[settings.AnonymousCallRejection] | None = None
    ) -> Versioned[settings.AnonymousCallRejection]:
        """Anonymous Call Rejection: settings.

        Anonieme oproepen weigeren. How it is set for one user, also when the pack does not hold it.

        Callers who withhold their number hear that no calls are taken; not within the group.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/anonymous_call_rejection",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.AnonymousCallRejection, known)

    async def get_user_anywhere(
        self, user: str, *, known: Versioned[settings.Anywhere] | None = None
    ) -> Versioned[settings.Anywhere]:
        """BroadWorks Anywhere: settings.

        Anywhere. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/anywhere",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.Anywhere, known)

    async def get_user_automatic_callback(
        self, user: str, *, known: Versioned[settings.AutomaticCallback] | None = None
    ) -> Versioned[settings.AutomaticCallback]:
        """Automatic Callback: settings.

        Automatisch terugbellen. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/automatic_callback",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.AutomaticCallback, known)

    async def get_user_availability(
        self, user: str, *, known: Versioned[settings.Availability] | None = None
    ) -> Versioned[settings.Availability]:
        """Availability: settings.

        Bereikbaarheid. How it is set for one user, also when the pack does not hold it.

        ``active_profile``: chosen by hand, ``until`` (Unix seconds) or for good; else the first of
        ``by_schedule`` whose schedule holds; else none. The number's schedule is asked first: a
        profile only narrows what the number lets through.

        Chapter 4.7.1, 5.3, 5.6 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/availability",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.Availability, known)

    async def get_user_bargein_exempt(
        self, user: str, *, known: Versioned[settings.BargeinExempt] | None = None
    ) -> Versioned[settings.BargeinExempt]:
        """Bargein Exempt: settings.

        Niet inbreken. How it is set for one user, also when the pack does not hold it.

        Nobody joins calls of this user unasked.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/bargein_exempt",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.BargeinExempt, known)

    async def get_user_busy_lamp_field(
        self, user: str, *, known: Versioned[settings.BusyLampField] | None = None
    ) -> Versioned[settings.BusyLampField]:
        """Busy Lamp Field: settings.

        Bezetlampjes. How it is set for one user, also when the pack does not hold it.

        This user's telephones may show who of the enterprise is in a call. On unless it is switched
        off.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/busy_lamp_field",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.BusyLampField, known)

    async def get_user_call_forwarding_always(
        self, user: str, *, known: Versioned[settings.CallForwardingAlways] | None = None
    ) -> Versioned[settings.CallForwardingAlways]:
        """Call Forwarding Always: settings.

        Altijd doorschakelen. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_forwarding_always",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallForwardingAlways, known)

    async def get_user_call_forwarding_busy(
        self, user: str, *, known: Versioned[settings.CallForwardingBusy] | None = None
    ) -> Versioned[settings.CallForwardingBusy]:
        """Call Forwarding Busy: settings.

        Doorschakelen bij bezet. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_forwarding_busy",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallForwardingBusy, known)

    async def get_user_call_forwarding_no_answer(
        self, user: str, *, known: Versioned[settings.CallForwardingNoAnswer] | None = None
    ) -> Versioned[settings.CallForwardingNoAnswer]:
        """Call Forwarding No Answer: settings.

        Doorschakelen bij geen gehoor. How it is set for one user, also when the pack does not hold
        it.

        ``after_s`` None: the user's own no-answer time.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_forwarding_no_answer",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallForwardingNoAnswer, known)

    async def get_user_call_forwarding_not_reachable(
        self, user: str, *, known: Versioned[settings.CallForwardingNotReachable] | None = None
    ) -> Versioned[settings.CallForwardingNotReachable]:
        """Call Forwarding Not Reachable: settings.

        Doorschakelen bij niet bereikbaar. How it is set for one user, also when the pack does not
        hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_forwarding_not_reachable",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallForwardingNotReachable, known)

    async def get_user_call_forwarding_selective(
        self, user: str, *, known: Versioned[settings.CallForwardingSelective] | None = None
    ) -> Versioned[settings.CallForwardingSelective]:
        """Call Forwarding Selective: settings.

        Selectief doorschakelen. How it is set for one user, also when the pack does not hold it.

        The first rule whose criterion holds counts.

        Chapter 4.2, 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_forwarding_selective",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallForwardingSelective, known)

    async def get_user_call_pickup(
        self, user: str, *, known: Versioned[settings.CallPickup] | None = None
    ) -> Versioned[settings.CallPickup]:
        """Call Pickup: settings.

        Gesprek overnemen. How it is set for one user, also when the pack does not hold it.

        The user may take the call that has rung longest at anybody of the group.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_pickup",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallPickup, known)

    async def get_user_call_return(
        self, user: str, *, known: Versioned[settings.CallReturn] | None = None
    ) -> Versioned[settings.CallReturn]:
        """Call Return: settings.

        Terugbellen. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_return",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallReturn, known)

    async def get_user_call_waiting(
        self, user: str, *, known: Versioned[settings.CallWaiting] | None = None
    ) -> Versioned[settings.CallWaiting]:
        """Call Waiting: settings.

        Wisselgesprek. How it is set for one user, also when the pack does not hold it.

        False: a call for a user who is in one is busy. The service is on unless it is switched off.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/call_waiting",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallWaiting, known)

    async def get_user_connected_line_identification_restriction(
        self, user: str, *, known: Versioned[settings.ConnectedLineIdentificationRestriction] | None = None
    ) -> Versioned[settings.ConnectedLineIdentificationRestriction]:
        """Connected Line Identification Restriction: settings.

        Verbonden nummer verbergen. How it is set for one user, also when the pack does not hold it.

        Callers do not see who answered (COLR).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/connected_line_identification_restriction",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.ConnectedLineIdentificationRestriction, known)

    async def get_user_contact_list_identity(
        self, user: str, *, known: Versioned[settings.ContactListIdentity] | None = None
    ) -> Versioned[settings.ContactListIdentity]:
        """Identity per contact list: settings.

        Identiteit per telefoonlijst. How it is set for one user, also when the pack does not hold it.

        The number shown by the contact list that whoever is called stands in; without an entry as for
        everybody.

        Chapter 4.7.1, 5.1 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/contact_list_identity",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.ContactListIdentity, known)

    async def get_user_directed_call_pickup(
        self, user: str, *, known: Versioned[settings.DirectedCallPickup] | None = None
    ) -> Versioned[settings.DirectedCallPickup]:
        """Directed Call Pickup: settings.

        Gericht gesprek overnemen. How it is set for one user, also when the pack does not hold it.

        The user may take a call that rings at a colleague of the group, by that colleague's
        extension.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/directed_call_pickup",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.DirectedCallPickup, known)

    async def get_user_directed_call_pickup_with_bargein(
        self, user: str, *, known: Versioned[settings.DirectedCallPickupWithBargein] | None = None
    ) -> Versioned[settings.DirectedCallPickupWithBargein]:
        """Directed Call Pickup with Bargein: settings.

        Gericht overnemen met inbreken. How it is set for one user, also when the pack does not hold
        it.

        As Directed Call Pickup; a call that is answered already is joined. ``warning_tone``: the
        parties hear that somebody comes in.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/directed_call_pickup_with_bargein",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.DirectedCallPickupWithBargein, known)

    async def get_user_diversion_inhibitor(
        self, user: str, *, known: Versioned[settings.DiversionInhibitor] | None = None
    ) -> Versioned[settings.DiversionInhibitor]:
        """Diversion Inhibitor: settings.

        Niet verder doorschakelen. How it is set for one user, also when the pack does not hold it.

        Calls this user forwards are not forwarded again, for instance to a voicemail box.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/diversion_inhibitor",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.DiversionInhibitor, known)

    async def get_user_do_not_disturb(
        self, user: str, *, known: Versioned[settings.DoNotDisturb] | None = None
    ) -> Versioned[settings.DoNotDisturb]:
        """Do Not Disturb: settings.

        Niet storen. How it is set for one user, also when the pack does not hold it.

        Callers hear that the user is busy.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/do_not_disturb",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.DoNotDisturb, known)

    async def get_user_external_calling_line_id_delivery(
        self, user: str, *, known: Versioned[settings.ExternalCallingLineIdDelivery] | None = None
    ) -> Versioned[settings.ExternalCallingLineIdDelivery]:
        """External Calling Line ID Delivery: settings.

        Nummerweergave extern. How it is set for one user, also when the pack does not hold it.

        ``active`` False: this user's telephones do not show who calls from outside.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/external_calling_line_id_delivery",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.ExternalCallingLineIdDelivery, known)

    async def get_user_in_call_services(
        self, user: str, *, known: Versioned[settings.InCallServices] | None = None
    ) -> Versioned[settings.InCallServices]:
        """In-call services: settings.

        Diensten tijdens het gesprek. How it is set for one user, also when the pack does not hold it.

        ``active``: keys the user presses during a call are listened to for the codes of the group.
        Holds for the next call.

        Chapter 4.7.3 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/in_call_services",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.InCallServices, known)

    async def get_user_intercept_user(
        self, user: str, *, known: Versioned[settings.InterceptUser] | None = None
    ) -> Versioned[settings.InterceptUser]:
        """Intercept User: settings.

        Oproepen onderscheppen. How it is set for one user, also when the pack does not hold it.

        Every call goes elsewhere, or is told that the user takes none (``destination`` None).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/intercept_user",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.InterceptUser, known)

    async def get_user_internal_calling_line_id_delivery(
        self, user: str, *, known: Versioned[settings.InternalCallingLineIdDelivery] | None = None
    ) -> Versioned[settings.InternalCallingLineIdDelivery]:
        """Internal Calling Line ID Delivery: settings.

        Nummerweergave intern. How it is set for one user, also when the pack does not hold it.

        ``active`` False: colleagues see no line either (hide number, internal).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/internal_calling_line_id_delivery",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.InternalCallingLineIdDelivery, known)

    async def get_user_last_number_redial(
        self, user: str, *, known: Versioned[settings.LastNumberRedial] | None = None
    ) -> Versioned[settings.LastNumberRedial]:
        """Last Number Redial: settings.

        Laatste nummer herhalen. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/last_number_redial",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.LastNumberRedial, known)

    async def get_user_music_on_hold_user(
        self, user: str, *, known: Versioned[settings.MusicOnHoldUser] | None = None
    ) -> Versioned[settings.MusicOnHoldUser]:
        """Music On Hold User: settings.

        Wachtmuziek. How it is set for one user, also when the pack does not hold it.

        ``active`` False: whom this user puts on hold hears nothing. ``recording``: name of the
        company's recording that is heard; None: its default. Holds for the next hold.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/music_on_hold_user",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.MusicOnHoldUser, known)

    async def get_user_night_forwarding(
        self, user: str, *, known: Versioned[settings.UserNightForwarding] | None = None
    ) -> Versioned[settings.UserNightForwarding]:
        """Group Night Forwarding: settings.

        Nachtschakeling. How it is set for one user, also when the pack does not hold it.

        The user's own part: follow the group, or decide oneself ("de gebruiker kan zelf het moment
        activeren").

        Chapter 4.1.1, 9 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/night_forwarding",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.UserNightForwarding, known)

    async def get_user_outgoing_calling_plan(
        self, user: str, *, known: Versioned[settings.OutgoingCallingPlan] | None = None
    ) -> Versioned[settings.OutgoingCallingPlan]:
        """Outgoing Calling Plan: settings.

        Belregels uitgaand. How it is set for one user, also when the pack does not hold it.

        Holds on every leg that is originated for a user: calls, forwards, numbers that ring along,
        redirects, dial from the app (call-flows §2). ``barred``: classes not allowed.
        ``barred_prefixes`` and ``allowed_prefixes``: E.164 beginnings, the longest that fits counts
        and goes before the class. ``forward_barred``: besides, for legs a call is diverted over.
        Caps: None is no cap; spend in euros.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/outgoing_calling_plan",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.OutgoingCallingPlan, known)

    async def get_user_personal_assistant(
        self, user: str, *, known: Versioned[settings.PersonalAssistant] | None = None
    ) -> Versioned[settings.PersonalAssistant]:
        """Personal Assistant: settings.

        Persoonlijke assistent. How it is set for one user, also when the pack does not hold it.

        Callers hear why the user is not available and, with ``until`` (Unix seconds), when that
        changes. Then they go to ``transfer_to``, the voicemail box, or are told to call back.
        ``exclude``: callers who get through all the same, E.164.

        Chapter 4.2 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/personal_assistant",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.PersonalAssistant, known)

    async def get_user_priority_alert(
        self, user: str, *, known: Versioned[settings.PriorityAlert] | None = None
    ) -> Versioned[settings.PriorityAlert]:
        """Priority Alert: settings.

        Afwijkend belsignaal. How it is set for one user, also when the pack does not hold it.

        Calls that meet a criterion ring differently.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/priority_alert",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.PriorityAlert, known)

    async def get_user_privacy(
        self, user: str, *, known: Versioned[settings.Privacy] | None = None
    ) -> Versioned[settings.Privacy]:
        """Privacy: settings.

        Privacy. How it is set for one user, also when the pack does not hold it.

        The user stays out of lists and lamps of colleagues.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/privacy",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.Privacy, known)

    async def get_user_remote_office(
        self, user: str, *, known: Versioned[settings.RemoteOffice] | None = None
    ) -> Versioned[settings.RemoteOffice]:
        """Remote Office: settings.

        Remote Office. How it is set for one user, also when the pack does not hold it.

        The number rings instead of the user's own telephones.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/remote_office",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.RemoteOffice, known)

    async def get_user_ring_order(
        self, user: str, *, known: Versioned[settings.RingOrder] | None = None
    ) -> Versioned[settings.RingOrder]:
        """Ring order: settings.

        Volgorde van overgaan. How it is set for one user, also when the pack does not hold it.

        How long after the first each device begins to ring; devices not named ring at once.

        Chapter 5.3 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/ring_order",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.RingOrder, known)

    async def get_user_schedules(
        self, user: str, *, known: Versioned[settings.Schedules] | None = None
    ) -> Versioned[settings.Schedules]:
        """Schedules: settings.

        Tijdschema's. How it is set for one user, also when the pack does not hold it.

        Those of one owner; a user's hides the group's of the same name.

        Chapter 5.3, 5.6 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/schedules",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.Schedules, known)

    async def get_user_selective_call_acceptance(
        self, user: str, *, known: Versioned[settings.SelectiveCallAcceptance] | None = None
    ) -> Versioned[settings.SelectiveCallAcceptance]:
        """Selective Call Acceptance: settings.

        Selectief aannemen. How it is set for one user, also when the pack does not hold it.

        Only calls that meet a criterion are taken.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/selective_call_acceptance",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.SelectiveCallAcceptance, known)

    async def get_user_selective_call_rejection(
        self, user: str, *, known: Versioned[settings.SelectiveCallRejection] | None = None
    ) -> Versioned[settings.SelectiveCallRejection]:
        """Selective Call Rejection: settings.

        Selectief weigeren. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/selective_call_rejection",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.SelectiveCallRejection, known)

    async def get_user_simultaneous_calls(
        self, user: str, *, known: Versioned[settings.SimultaneousCalls] | None = None
    ) -> Versioned[settings.SimultaneousCalls]:
        """Simultaneous calls: settings.

        Gelijktijdige gesprekken. How it is set for one user, also when the pack does not hold it.

        ``most``: calls of the user at once, made and received, held ones too; None: as many as the
        pack allows, which is the most in any case.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/simultaneous_calls",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.SimultaneousCalls, known)

    async def get_user_simultaneous_ring_personal(
        self, user: str, *, known: Versioned[settings.SimultaneousRingPersonal] | None = None
    ) -> Versioned[settings.SimultaneousRingPersonal]:
        """Simultaneous Ring Personal: settings.

        Gelijktijdig overgaan. How it is set for one user, also when the pack does not hold it.

        Up to ten numbers. ``criteria``: when; empty: always.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/simultaneous_ring_personal",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.SimultaneousRingPersonal, known)

    async def get_user_speed_dial100(
        self, user: str, *, known: Versioned[settings.SpeedDial100] | None = None
    ) -> Versioned[settings.SpeedDial100]:
        """Speed Dial 100: settings.

        Verkort kiezen 100. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/speed_dial_100",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.SpeedDial100, known)

    async def get_user_speed_dial8(
        self, user: str, *, known: Versioned[settings.SpeedDial8] | None = None
    ) -> Versioned[settings.SpeedDial8]:
        """Speed Dial 8: settings.

        Verkort kiezen 8. How it is set for one user, also when the pack does not hold it.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/speed_dial_8",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.SpeedDial8, known)

    async def get_user_voicemail(
        self, user: str, *, known: Versioned[settings.Voicemail] | None = None
    ) -> Versioned[settings.Voicemail]:
        """Voice Messaging User: settings.

        Voicemail. How it is set for one user, also when the pack does not hold it.

        When the one voicemail box takes the call (seed 5.4).

        Chapter 4.2, 5.4 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/users/{quoted(user)}/services/voicemail",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.Voicemail, known)

    async def list_user_services(self, user: str) -> models.ServiceSummaries:
        """All services of a user and how they are set.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/users/{quoted(user)}/services")
        found: models.ServiceSummaries = decoded(answer, models.ServiceSummaries)
        return found

    async def set_user_alternate_numbers(
        self, user: str, body: settings.AlternateNumbers, *, if_match: str | None = None
    ) -> Versioned[settings.AlternateNumbers]:
        """Alternate Numbers: set settings.

        Alternatieve nummers. Holds for the next call. What is absent is as by default.

        Up to ten numbers are the user's in the numbers table; here stands how they ring.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/alternate_numbers",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.AlternateNumbers)

    async def set_user_anonymous_call_rejection(
        self, user: str, body: settings.AnonymousCallRejection, *, if_match: str | None = None
    ) -> Versioned[settings.AnonymousCallRejection]:
        """Anonymous Call Rejection: set settings.

        Anonieme oproepen weigeren. Holds for the next call. What is absent is as by default.

        Callers who withhold their number hear that no calls are taken; not within the group.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/anonymous_call_rejection",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.AnonymousCallRejection)

    async def set_user_anywhere(
        self, user: str, body: settings.Anywhere, *, if_match: str | None = None
    ) -> Versioned[settings.Anywhere]:
        """BroadWorks Anywhere: set settings.

        Anywhere. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/services/anywhere", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Anywhere)

    async def set_user_automatic_callback(
        self, user: str, body: settings.AutomaticCallback, *, if_match: str | None = None
    ) -> Versioned[settings.AutomaticCallback]:
        """Automatic Callback: set settings.

        Automatisch terugbellen. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/automatic_callback",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.AutomaticCallback)

    async def set_user_availability(
        self, user: str, body: settings.Availability, *, if_match: str | None = None
    ) -> Versioned[settings.Availability]:
        """Availability: set settings.

        Bereikbaarheid. Holds for the next call. What is absent is as by default.

        ``active_profile``: chosen by hand, ``until`` (Unix seconds) or for good; else the first of
        ``by_schedule`` whose schedule holds; else none. The number's schedule is asked first: a
        profile only narrows what the number lets through.

        Chapter 4.7.1, 5.3, 5.6 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/availability",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.Availability)

    async def set_user_bargein_exempt(
        self, user: str, body: settings.BargeinExempt, *, if_match: str | None = None
    ) -> Versioned[settings.BargeinExempt]:
        """Bargein Exempt: set settings.

        Niet inbreken. Holds for the next call. What is absent is as by default.

        Nobody joins calls of this user unasked.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/bargein_exempt",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.BargeinExempt)

    async def set_user_busy_lamp_field(
        self, user: str, body: settings.BusyLampField, *, if_match: str | None = None
    ) -> Versioned[settings.BusyLampField]:
        """Busy Lamp Field: set settings.

        Bezetlampjes. Holds for the next call. What is absent is as by default.

        This user's telephones may show who of the enterprise is in a call. On unless it is switched
        off.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/busy_lamp_field",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.BusyLampField)

    async def set_user_call_forwarding_always(
        self, user: str, body: settings.CallForwardingAlways, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingAlways]:
        """Call Forwarding Always: set settings.

        Altijd doorschakelen. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/call_forwarding_always",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingAlways)

    async def set_user_call_forwarding_busy(
        self, user: str, body: settings.CallForwardingBusy, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingBusy]:
        """Call Forwarding Busy: set settings.

        Doorschakelen bij bezet. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/call_forwarding_busy",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingBusy)

    async def set_user_call_forwarding_no_answer(
        self, user: str, body: settings.CallForwardingNoAnswer, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingNoAnswer]:
        """Call Forwarding No Answer: set settings.

        Doorschakelen bij geen gehoor. Holds for the next call. What is absent is as by default.

        ``after_s`` None: the user's own no-answer time.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/call_forwarding_no_answer",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingNoAnswer)

    async def set_user_call_forwarding_not_reachable(
        self, user: str, body: settings.CallForwardingNotReachable, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingNotReachable]:
        """Call Forwarding Not Reachable: set settings.

        Doorschakelen bij niet bereikbaar. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/call_forwarding_not_reachable",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingNotReachable)

    async def set_user_call_forwarding_selective(
        self, user: str, body: settings.CallForwardingSelective, *, if_match: str | None = None
    ) -> Versioned[settings.CallForwardingSelective]:
        """Call Forwarding Selective: set settings.

        Selectief doorschakelen. Holds for the next call. What is absent is as by default.

        The first rule whose criterion holds counts.

        Chapter 4.2, 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/call_forwarding_selective",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallForwardingSelective)

    async def set_user_call_pickup(
        self, user: str, body: settings.CallPickup, *, if_match: str | None = None
    ) -> Versioned[settings.CallPickup]:
        """Call Pickup: set settings.

        Gesprek overnemen. Holds for the next call. What is absent is as by default.

        The user may take the call that has rung longest at anybody of the group.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/services/call_pickup", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.CallPickup)

    async def set_user_call_return(
        self, user: str, body: settings.CallReturn, *, if_match: str | None = None
    ) -> Versioned[settings.CallReturn]:
        """Call Return: set settings.

        Terugbellen. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/services/call_return", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.CallReturn)

    async def set_user_call_waiting(
        self, user: str, body: settings.CallWaiting, *, if_match: str | None = None
    ) -> Versioned[settings.CallWaiting]:
        """Call Waiting: set settings.

        Wisselgesprek. Holds for the next call. What is absent is as by default.

        False: a call for a user who is in one is busy. The service is on unless it is switched off.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/call_waiting",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallWaiting)

    async def set_user_connected_line_identification_restriction(
        self, user: str, body: settings.ConnectedLineIdentificationRestriction, *, if_match: str | None = None
    ) -> Versioned[settings.ConnectedLineIdentificationRestriction]:
        """Connected Line Identification Restriction: set settings.

        Verbonden nummer verbergen. Holds for the next call. What is absent is as by default.

        Callers do not see who answered (COLR).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/connected_line_identification_restriction",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.ConnectedLineIdentificationRestriction)

    async def set_user_contact_list_identity(
        self, user: str, body: settings.ContactListIdentity, *, if_match: str | None = None
    ) -> Versioned[settings.ContactListIdentity]:
        """Identity per contact list: set settings.

        Identiteit per telefoonlijst. Holds for the next call. What is absent is as by default.

        The number shown by the contact list that whoever is called stands in; without an entry as for
        everybody.

        Chapter 4.7.1, 5.1 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/contact_list_identity",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.ContactListIdentity)

    async def set_user_directed_call_pickup(
        self, user: str, body: settings.DirectedCallPickup, *, if_match: str | None = None
    ) -> Versioned[settings.DirectedCallPickup]:
        """Directed Call Pickup: set settings.

        Gericht gesprek overnemen. Holds for the next call. What is absent is as by default.

        The user may take a call that rings at a colleague of the group, by that colleague's
        extension.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/directed_call_pickup",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DirectedCallPickup)

    async def set_user_directed_call_pickup_with_bargein(
        self, user: str, body: settings.DirectedCallPickupWithBargein, *, if_match: str | None = None
    ) -> Versioned[settings.DirectedCallPickupWithBargein]:
        """Directed Call Pickup with Bargein: set settings.

        Gericht overnemen met inbreken. Holds for the next call. What is absent is as by default.

        As Directed Call Pickup; a call that is answered already is joined. ``warning_tone``: the
        parties hear that somebody comes in.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/directed_call_pickup_with_bargein",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DirectedCallPickupWithBargein)

    async def set_user_diversion_inhibitor(
        self, user: str, body: settings.DiversionInhibitor, *, if_match: str | None = None
    ) -> Versioned[settings.DiversionInhibitor]:
        """Diversion Inhibitor: set settings.

        Niet verder doorschakelen. Holds for the next call. What is absent is as by default.

        Calls this user forwards are not forwarded again, for instance to a voicemail box.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/diversion_inhibitor",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DiversionInhibitor)

    async def set_user_do_not_disturb(
        self, user: str, body: settings.DoNotDisturb, *, if_match: str | None = None
    ) -> Versioned[settings.DoNotDisturb]:
        """Do Not Disturb: set settings.

        Niet storen. Holds for the next call. What is absent is as by default.

        Callers hear that the user is busy.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/do_not_disturb",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.DoNotDisturb)

    async def set_user_external_calling_line_id_delivery(
        self, user: str, body: settings.ExternalCallingLineIdDelivery, *, if_match: str | None = None
    ) -> Versioned[settings.ExternalCallingLineIdDelivery]:
        """External Calling Line ID Delivery: set settings.

        Nummerweergave extern. Holds for the next call. What is absent is as by default.

        ``active`` False: this user's telephones do not show who calls from outside.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/external_calling_line_id_delivery",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.ExternalCallingLineIdDelivery)

    async def set_user_in_call_services(
        self, user: str, body: settings.InCallServices, *, if_match: str | None = None
    ) -> Versioned[settings.InCallServices]:
        """In-call services: set settings.

        Diensten tijdens het gesprek. Holds for the next call. What is absent is as by default.

        ``active``: keys the user presses during a call are listened to for the codes of the group.
        Holds for the next call.

        Chapter 4.7.3 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/in_call_services",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InCallServices)

    async def set_user_intercept_user(
        self, user: str, body: settings.InterceptUser, *, if_match: str | None = None
    ) -> Versioned[settings.InterceptUser]:
        """Intercept User: set settings.

        Oproepen onderscheppen. Holds for the next call. What is absent is as by default.

        Every call goes elsewhere, or is told that the user takes none (``destination`` None).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/intercept_user",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InterceptUser)

    async def set_user_internal_calling_line_id_delivery(
        self, user: str, body: settings.InternalCallingLineIdDelivery, *, if_match: str | None = None
    ) -> Versioned[settings.InternalCallingLineIdDelivery]:
        """Internal Calling Line ID Delivery: set settings.

        Nummerweergave intern. Holds for the next call. What is absent is as by default.

        ``active`` False: colleagues see no line either (hide number, internal).

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/internal_calling_line_id_delivery",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InternalCallingLineIdDelivery)

    async def set_user_last_number_redial(
        self, user: str, body: settings.LastNumberRedial, *, if_match: str | None = None
    ) -> Versioned[settings.LastNumberRedial]:
        """Last Number Redial: set settings.

        Laatste nummer herhalen. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/last_number_redial",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.LastNumberRedial)

    async def set_user_music_on_hold_user(
        self, user: str, body: settings.MusicOnHoldUser, *, if_match: str | None = None
    ) -> Versioned[settings.MusicOnHoldUser]:
        """Music On Hold User: set settings.

        Wachtmuziek. Holds for the next call. What is absent is as by default.

        ``active`` False: whom this user puts on hold hears nothing. ``recording``: name of the
        company's recording that is heard; None: its default. Holds for the next hold.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/music_on_hold_user",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.MusicOnHoldUser)

    async def set_user_night_forwarding(
        self, user: str, body: settings.UserNightForwarding, *, if_match: str | None = None
    ) -> Versioned[settings.UserNightForwarding]:
        """Group Night Forwarding: set settings.

        Nachtschakeling. Holds for the next call. What is absent is as by default.

        The user's own part: follow the group, or decide oneself ("de gebruiker kan zelf het moment
        activeren").

        Chapter 4.1.1, 9 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/night_forwarding",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.UserNightForwarding)

    async def set_user_outgoing_calling_plan(
        self, user: str, body: settings.OutgoingCallingPlan, *, if_match: str | None = None
    ) -> Versioned[settings.OutgoingCallingPlan]:
        """Outgoing Calling Plan: set settings.

        Belregels uitgaand. Holds for the next call. What is absent is as by default.

        Holds on every leg that is originated for a user: calls, forwards, numbers that ring along,
        redirects, dial from the app (call-flows §2). ``barred``: classes not allowed.
        ``barred_prefixes`` and ``allowed_prefixes``: E.164 beginnings, the longest that fits counts
        and goes before the class. ``forward_barred``: besides, for legs a call is diverted over.
        Caps: None is no cap; spend in euros.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/outgoing_calling_plan",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.OutgoingCallingPlan)

    async def set_user_personal_assistant(
        self, user: str, body: settings.PersonalAssistant, *, if_match: str | None = None
    ) -> Versioned[settings.PersonalAssistant]:
        """Personal Assistant: set settings.

        Persoonlijke assistent. Holds for the next call. What is absent is as by default.

        Callers hear why the user is not available and, with ``until`` (Unix seconds), when that
        changes. Then they go to ``transfer_to``, the voicemail box, or are told to call back.
        ``exclude``: callers who get through all the same, E.164.

        Chapter 4.2 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/personal_assistant",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.PersonalAssistant)

    async def set_user_priority_alert(
        self, user: str, body: settings.PriorityAlert, *, if_match: str | None = None
    ) -> Versioned[settings.PriorityAlert]:
        """Priority Alert: set settings.

        Afwijkend belsignaal. Holds for the next call. What is absent is as by default.

        Calls that meet a criterion ring differently.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/priority_alert",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.PriorityAlert)

    async def set_user_privacy(
        self, user: str, body: settings.Privacy, *, if_match: str | None = None
    ) -> Versioned[settings.Privacy]:
        """Privacy: set settings.

        Privacy. Holds for the next call. What is absent is as by default.

        The user stays out of lists and lamps of colleagues.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/services/privacy", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Privacy)

    async def set_user_remote_office(
        self, user: str, body: settings.RemoteOffice, *, if_match: str | None = None
    ) -> Versioned[settings.RemoteOffice]:
        """Remote Office: set settings.

        Remote Office. Holds for the next call. What is absent is as by default.

        The number rings instead of the user's own telephones.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/remote_office",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.RemoteOffice)

    async def set_user_ring_order(
        self, user: str, body: settings.RingOrder, *, if_match: str | None = None
    ) -> Versioned[settings.RingOrder]:
        """Ring order: set settings.

        Volgorde van overgaan. Holds for the next call. What is absent is as by default.

        How long after the first each device begins to ring; devices not named ring at once.

        Chapter 5.3 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/services/ring_order", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.RingOrder)

    async def set_user_schedules(
        self, user: str, body: settings.Schedules, *, if_match: str | None = None
    ) -> Versioned[settings.Schedules]:
        """Schedules: set settings.

        Tijdschema's. Holds for the next call. What is absent is as by default.

        Those of one owner; a user's hides the group's of the same name.

        Chapter 5.3, 5.6 of the service description. In the packs base_plus, business_plus,
        premium_plus, vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/services/schedules", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Schedules)

    async def set_user_selective_call_acceptance(
        self, user: str, body: settings.SelectiveCallAcceptance, *, if_match: str | None = None
    ) -> Versioned[settings.SelectiveCallAcceptance]:
        """Selective Call Acceptance: set settings.

        Selectief aannemen. Holds for the next call. What is absent is as by default.

        Only calls that meet a criterion are taken.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/selective_call_acceptance",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SelectiveCallAcceptance)

    async def set_user_selective_call_rejection(
        self, user: str, body: settings.SelectiveCallRejection, *, if_match: str | None = None
    ) -> Versioned[settings.SelectiveCallRejection]:
        """Selective Call Rejection: set settings.

        Selectief weigeren. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/selective_call_rejection",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SelectiveCallRejection)

    async def set_user_simultaneous_calls(
        self, user: str, body: settings.SimultaneousCalls, *, if_match: str | None = None
    ) -> Versioned[settings.SimultaneousCalls]:
        """Simultaneous calls: set settings.

        Gelijktijdige gesprekken. Holds for the next call. What is absent is as by default.

        ``most``: calls of the user at once, made and received, held ones too; None: as many as the
        pack allows, which is the most in any case.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/simultaneous_calls",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SimultaneousCalls)

    async def set_user_simultaneous_ring_personal(
        self, user: str, body: settings.SimultaneousRingPersonal, *, if_match: str | None = None
    ) -> Versioned[settings.SimultaneousRingPersonal]:
        """Simultaneous Ring Personal: set settings.

        Gelijktijdig overgaan. Holds for the next call. What is absent is as by default.

        Up to ten numbers. ``criteria``: when; empty: always.

        Chapter 4.3 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/simultaneous_ring_personal",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SimultaneousRingPersonal)

    async def set_user_speed_dial100(
        self, user: str, body: settings.SpeedDial100, *, if_match: str | None = None
    ) -> Versioned[settings.SpeedDial100]:
        """Speed Dial 100: set settings.

        Verkort kiezen 100. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/speed_dial_100",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SpeedDial100)

    async def set_user_speed_dial8(
        self, user: str, body: settings.SpeedDial8, *, if_match: str | None = None
    ) -> Versioned[settings.SpeedDial8]:
        """Speed Dial 8: set settings.

        Verkort kiezen 8. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description. In the packs base_plus, business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/users/{quoted(user)}/services/speed_dial_8",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.SpeedDial8)

    async def set_user_voicemail(
        self, user: str, body: settings.Voicemail, *, if_match: str | None = None
    ) -> Versioned[settings.Voicemail]:
        """Voice Messaging User: set settings.

        Voicemail. Holds for the next call. What is absent is as by default.

        When the one voicemail box takes the call (seed 5.4).

        Chapter 4.2, 5.4 of the service description. In the packs business_plus, premium_plus,
        vast_mobiel_business_plus, vast_mobiel_premium_plus.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/users/{quoted(user)}/services/voicemail", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.Voicemail)
