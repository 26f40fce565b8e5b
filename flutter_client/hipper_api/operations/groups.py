"""Operations of the API: groups. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hipper_api import models, settings
from hipper_api.transport import Transport, Versioned, decoded, quoted, versioned


class Groups:
    def __init__(self, api: Transport) -> None:
        self._api = api

    async def change_group_call_capacity_management(
        self, group: str, body: settings.CallCapacityManagementChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallCapacityManagement]:
        """Call Capacity Management: change some of settings.

        Gesprekscapaciteit. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        How many calls the group may have at once, in all and by direction.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/call_capacity_management",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallCapacityManagement)

    async def change_group_call_park(
        self, group: str, body: settings.CallParkChange, *, if_match: str | None = None
    ) -> Versioned[settings.CallPark]:
        """Call Park: change some of settings.

        Gesprekken parkeren. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        Calls wait at an extension until somebody of the group takes them. ``recall_s``: after so long
        the telephones of the one who parked it ring. ``most``: calls that wait in the group at once.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/call_park",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallPark)

    async def change_group_emergency_zones(
        self, group: str, body: settings.EmergencyZonesChange, *, if_match: str | None = None
    ) -> Versioned[settings.EmergencyZones]:
        """Emergency Zones: change some of settings.

        Noodzones. Holds for the next call. What is absent stays, ``null`` is a value; lists are given
        whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/emergency_zones",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.EmergencyZones)

    async def change_group_feature_codes(
        self, group: str, body: settings.FeatureCodesChange, *, if_match: str | None = None
    ) -> Versioned[settings.FeatureCodes]:
        """Feature access codes: change some of settings.

        Dienstcodes. Holds for the next call. What is absent stays, ``null`` is a value; lists are
        given whole.

        What stands after the star or hash of each code; None: as everywhere. ``show_number`` (31) and
        the speed dials (0) are spelled the same everywhere.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/feature_codes",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.FeatureCodes)

    async def change_group_group_night_forwarding(
        self, group: str, body: settings.GroupNightForwardingChange, *, if_match: str | None = None
    ) -> Versioned[settings.GroupNightForwarding]:
        """Group Night Forwarding: change some of settings.

        Nachtschakeling groep. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Out of office hours (seed 9): by hand, or whenever ``open`` does not hold. ``destination``:
        digits.

        Chapter 4.1.1, 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/group_night_forwarding",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.GroupNightForwarding)

    async def change_group_group_outgoing_calling_plan(
        self, group: str, body: settings.OutgoingCallingPlanChange, *, if_match: str | None = None
    ) -> Versioned[settings.OutgoingCallingPlan]:
        """Outgoing Calling Plan: change some of settings.

        Belregels uitgaand groep. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Holds on every leg that is originated for a user: calls, forwards, numbers that ring along,
        redirects, dial from the app (call-flows §2). ``barred``: classes not allowed.
        ``barred_prefixes`` and ``allowed_prefixes``: E.164 beginnings, the longest that fits counts
        and goes before the class. ``forward_barred``: besides, for legs a call is diverted over.
        Caps: None is no cap; spend in euros.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/group_outgoing_calling_plan",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.OutgoingCallingPlan)

    async def change_group_group_schedules(
        self, group: str, body: settings.SchedulesChange, *, if_match: str | None = None
    ) -> Versioned[settings.Schedules]:
        """Group schedules: change some of settings.

        Tijdschema's van de groep. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        Those of one owner; a user's hides the group's of the same name.

        Chapter 5.3 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/group_schedules",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.Schedules)

    async def change_group_in_call_codes(
        self, group: str, body: settings.InCallCodesChange, *, if_match: str | None = None
    ) -> Versioned[settings.InCallCodes]:
        """In-call service codes: change some of settings.

        Codes tijdens het gesprek. Holds for the next call. What is absent stays, ``null`` is a value;
        lists are given whole.

        The code of each service for users who switched in-call services on; None: the service has
        none. After ``transfer`` and ``consult`` the number follows, and ``#`` or four seconds of
        nothing. Keys that are no code go to the far party.

        Chapter 4.7.3 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/in_call_codes",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InCallCodes)

    async def change_group_incoming_calling_plan(
        self, group: str, body: settings.IncomingCallingPlanChange, *, if_match: str | None = None
    ) -> Versioned[settings.IncomingCallingPlan]:
        """Incoming Calling Plan: change some of settings.

        Belregels inkomend. Holds for the next call. What is absent stays, ``null`` is a value; lists
        are given whole.

        Which calls may come in at all. ``external``: from outside the enterprise.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/incoming_calling_plan",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.IncomingCallingPlan)

    async def change_group_intercept_group(
        self, group: str, body: settings.InterceptGroupChange, *, if_match: str | None = None
    ) -> Versioned[settings.InterceptGroup]:
        """Intercept Group: change some of settings.

        Oproepen van de groep onderscheppen. Holds for the next call. What is absent stays, ``null``
        is a value; lists are given whole.

        What a user or administrator set for one service.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PATCH",
            f"/v1/groups/{quoted(group)}/services/intercept_group",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InterceptGroup)

    async def change_one_group(
        self, group: str, body: models.GroupChange, *, if_match: str | None = None
    ) -> Versioned[models.Group]:
        """Change a group.

        The country is that of the numbers dialled there, and stays.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, in-the-way,
        invalid-request, invalid-settings, not-found, too-many-requests, unauthenticated, unsupported-
        media-type.
        """
        answer = await self._api.ask(
            "PATCH", f"/v1/groups/{quoted(group)}", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, models.Group)

    async def delete_group(self, group: str, *, if_match: str | None = None) -> None:
        """Remove a group.

        One without users that is not the last; 409 says what is left.

        Problems: changed-meanwhile, directory-unavailable, forbidden, in-the-way, invalid-request,
        not-found, too-many-requests, unauthenticated.
        """
        await self._api.ask("DELETE", f"/v1/groups/{quoted(group)}", headers={"If-Match": if_match})

    async def get_group_call_capacity_management(
        self, group: str, *, known: Versioned[settings.CallCapacityManagement] | None = None
    ) -> Versioned[settings.CallCapacityManagement]:
        """Call Capacity Management: settings.

        Gesprekscapaciteit. How it is set for the whole group.

        How many calls the group may have at once, in all and by direction.

        Chapter 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/call_capacity_management",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallCapacityManagement, known)

    async def get_group_call_park(
        self, group: str, *, known: Versioned[settings.CallPark] | None = None
    ) -> Versioned[settings.CallPark]:
        """Call Park: settings.

        Gesprekken parkeren. How it is set for the whole group.

        Calls wait at an extension until somebody of the group takes them. ``recall_s``: after so long
        the telephones of the one who parked it ring. ``most``: calls that wait in the group at once.

        Chapter 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/call_park",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.CallPark, known)

    async def get_group_emergency_zones(
        self, group: str, *, known: Versioned[settings.EmergencyZones] | None = None
    ) -> Versioned[settings.EmergencyZones]:
        """Emergency Zones: settings.

        Noodzones. How it is set for the whole group.

        What a user or administrator set for one service.

        Chapter 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/emergency_zones",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.EmergencyZones, known)

    async def get_group_feature_codes(
        self, group: str, *, known: Versioned[settings.FeatureCodes] | None = None
    ) -> Versioned[settings.FeatureCodes]:
        """Feature access codes: settings.

        Dienstcodes. How it is set for the whole group.

        What stands after the star or hash of each code; None: as everywhere. ``show_number`` (31) and
        the speed dials (0) are spelled the same everywhere.

        Chapter 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/feature_codes",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.FeatureCodes, known)

    async def get_group_group_night_forwarding(
        self, group: str, *, known: Versioned[settings.GroupNightForwarding] | None = None
    ) -> Versioned[settings.GroupNightForwarding]:
        """Group Night Forwarding: settings.

        Nachtschakeling groep. How it is set for the whole group.

        Out of office hours (seed 9): by hand, or whenever ``open`` does not hold. ``destination``:
        digits.

        Chapter 4.1.1, 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/group_night_forwarding",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.GroupNightForwarding, known)

    async def get_group_group_outgoing_calling_plan(
        self, group: str, *, known: Versioned[settings.OutgoingCallingPlan] | None = None
    ) -> Versioned[settings.OutgoingCallingPlan]:
        """Outgoing Calling Plan: settings.

        Belregels uitgaand groep. How it is set for the whole group.

        Holds on every leg that is originated for a user: calls, forwards, numbers that ring along,
        redirects, dial from the app (call-flows §2). ``barred``: classes not allowed.
        ``barred_prefixes`` and ``allowed_prefixes``: E.164 beginnings, the longest that fits counts
        and goes before the class. ``forward_barred``: besides, for legs a call is diverted over.
        Caps: None is no cap; spend in euros.

        Chapter 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/group_outgoing_calling_plan",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.OutgoingCallingPlan, known)

    async def get_group_group_schedules(
        self, group: str, *, known: Versioned[settings.Schedules] | None = None
    ) -> Versioned[settings.Schedules]:
        """Group schedules: settings.

        Tijdschema's van de groep. How it is set for the whole group.

        Those of one owner; a user's hides the group's of the same name.

        Chapter 5.3 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/group_schedules",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.Schedules, known)

    async def get_group_in_call_codes(
        self, group: str, *, known: Versioned[settings.InCallCodes] | None = None
    ) -> Versioned[settings.InCallCodes]:
        """In-call service codes: settings.

        Codes tijdens het gesprek. How it is set for the whole group.

        The code of each service for users who switched in-call services on; None: the service has
        none. After ``transfer`` and ``consult`` the number follows, and ``#`` or four seconds of
        nothing. Keys that are no code go to the far party.

        Chapter 4.7.3 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/in_call_codes",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.InCallCodes, known)

    async def get_group_incoming_calling_plan(
        self, group: str, *, known: Versioned[settings.IncomingCallingPlan] | None = None
    ) -> Versioned[settings.IncomingCallingPlan]:
        """Incoming Calling Plan: settings.

        Belregels inkomend. How it is set for the whole group.

        Which calls may come in at all. ``external``: from outside the enterprise.

        Chapter 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/incoming_calling_plan",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.IncomingCallingPlan, known)

    async def get_group_intercept_group(
        self, group: str, *, known: Versioned[settings.InterceptGroup] | None = None
    ) -> Versioned[settings.InterceptGroup]:
        """Intercept Group: settings.

        Oproepen van de groep onderscheppen. How it is set for the whole group.

        What a user or administrator set for one service.

        Chapter 9 of the service description.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET",
            f"/v1/groups/{quoted(group)}/services/intercept_group",
            headers={"If-None-Match": known.etag if known else None},
        )
        return versioned(answer, settings.InterceptGroup, known)

    async def get_one_group(
        self, group: str, *, known: Versioned[models.Group] | None = None
    ) -> Versioned[models.Group]:
        """One group.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask(
            "GET", f"/v1/groups/{quoted(group)}", headers={"If-None-Match": known.etag if known else None}
        )
        return versioned(answer, models.Group, known)

    async def list_group_services(self, group: str) -> models.ServiceSummaries:
        """All services of the group and how they are set.

        Problems: directory-unavailable, forbidden, invalid-request, not-found, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", f"/v1/groups/{quoted(group)}/services")
        found: models.ServiceSummaries = decoded(answer, models.ServiceSummaries)
        return found

    async def list_groups(self, *, after: str | None = None, limit: int | None = None) -> models.GroupPage:
        """The groups I administer.

        Problems: directory-unavailable, forbidden, invalid-request, too-many-requests,
        unauthenticated.
        """
        answer = await self._api.ask("GET", "/v1/groups", query={"after": after, "limit": limit})
        found: models.GroupPage = decoded(answer, models.GroupPage)
        return found

    async def each_groups(self, *, limit: int | None = None) -> AsyncIterator[models.GroupSummary]:
        """All of :meth:`list_groups`, page after page."""
        after: str | None = None
        while True:
            page = await self.list_groups(limit=limit, after=after)
            for one in page.items:
                yield one
            if page.next is None:
                return
            after = page.next

    async def set_group_call_capacity_management(
        self, group: str, body: settings.CallCapacityManagement, *, if_match: str | None = None
    ) -> Versioned[settings.CallCapacityManagement]:
        """Call Capacity Management: set settings.

        Gesprekscapaciteit. Holds for the next call. What is absent is as by default.

        How many calls the group may have at once, in all and by direction.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/call_capacity_management",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.CallCapacityManagement)

    async def set_group_call_park(
        self, group: str, body: settings.CallPark, *, if_match: str | None = None
    ) -> Versioned[settings.CallPark]:
        """Call Park: set settings.

        Gesprekken parkeren. Holds for the next call. What is absent is as by default.

        Calls wait at an extension until somebody of the group takes them. ``recall_s``: after so long
        the telephones of the one who parked it ring. ``most``: calls that wait in the group at once.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT", f"/v1/groups/{quoted(group)}/services/call_park", body=body, headers={"If-Match": if_match}
        )
        return versioned(answer, settings.CallPark)

    async def set_group_emergency_zones(
        self, group: str, body: settings.EmergencyZones, *, if_match: str | None = None
    ) -> Versioned[settings.EmergencyZones]:
        """Emergency Zones: set settings.

        Noodzones. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/emergency_zones",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.EmergencyZones)

    async def set_group_feature_codes(
        self, group: str, body: settings.FeatureCodes, *, if_match: str | None = None
    ) -> Versioned[settings.FeatureCodes]:
        """Feature access codes: set settings.

        Dienstcodes. Holds for the next call. What is absent is as by default.

        What stands after the star or hash of each code; None: as everywhere. ``show_number`` (31) and
        the speed dials (0) are spelled the same everywhere.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/feature_codes",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.FeatureCodes)

    async def set_group_group_night_forwarding(
        self, group: str, body: settings.GroupNightForwarding, *, if_match: str | None = None
    ) -> Versioned[settings.GroupNightForwarding]:
        """Group Night Forwarding: set settings.

        Nachtschakeling groep. Holds for the next call. What is absent is as by default.

        Out of office hours (seed 9): by hand, or whenever ``open`` does not hold. ``destination``:
        digits.

        Chapter 4.1.1, 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/group_night_forwarding",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.GroupNightForwarding)

    async def set_group_group_outgoing_calling_plan(
        self, group: str, body: settings.OutgoingCallingPlan, *, if_match: str | None = None
    ) -> Versioned[settings.OutgoingCallingPlan]:
        """Outgoing Calling Plan: set settings.

        Belregels uitgaand groep. Holds for the next call. What is absent is as by default.

        Holds on every leg that is originated for a user: calls, forwards, numbers that ring along,
        redirects, dial from the app (call-flows §2). ``barred``: classes not allowed.
        ``barred_prefixes`` and ``allowed_prefixes``: E.164 beginnings, the longest that fits counts
        and goes before the class. ``forward_barred``: besides, for legs a call is diverted over.
        Caps: None is no cap; spend in euros.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/group_outgoing_calling_plan",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.OutgoingCallingPlan)

    async def set_group_group_schedules(
        self, group: str, body: settings.Schedules, *, if_match: str | None = None
    ) -> Versioned[settings.Schedules]:
        """Group schedules: set settings.

        Tijdschema's van de groep. Holds for the next call. What is absent is as by default.

        Those of one owner; a user's hides the group's of the same name.

        Chapter 5.3 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/group_schedules",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.Schedules)

    async def set_group_in_call_codes(
        self, group: str, body: settings.InCallCodes, *, if_match: str | None = None
    ) -> Versioned[settings.InCallCodes]:
        """In-call service codes: set settings.

        Codes tijdens het gesprek. Holds for the next call. What is absent is as by default.

        The code of each service for users who switched in-call services on; None: the service has
        none. After ``transfer`` and ``consult`` the number follows, and ``#`` or four seconds of
        nothing. Keys that are no code go to the far party.

        Chapter 4.7.3 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/in_call_codes",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InCallCodes)

    async def set_group_incoming_calling_plan(
        self, group: str, body: settings.IncomingCallingPlan, *, if_match: str | None = None
    ) -> Versioned[settings.IncomingCallingPlan]:
        """Incoming Calling Plan: set settings.

        Belregels inkomend. Holds for the next call. What is absent is as by default.

        Which calls may come in at all. ``external``: from outside the enterprise.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/incoming_calling_plan",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.IncomingCallingPlan)

    async def set_group_intercept_group(
        self, group: str, body: settings.InterceptGroup, *, if_match: str | None = None
    ) -> Versioned[settings.InterceptGroup]:
        """Intercept Group: set settings.

        Oproepen van de groep onderscheppen. Holds for the next call. What is absent is as by default.

        What a user or administrator set for one service.

        Chapter 9 of the service description.

        Problems: body-too-large, changed-meanwhile, directory-unavailable, forbidden, invalid-
        request, invalid-settings, not-found, not-in-pack, too-many-requests, unauthenticated,
        unsupported-media-type.
        """
        answer = await self._api.ask(
            "PUT",
            f"/v1/groups/{quoted(group)}/services/intercept_group",
            body=body,
            headers={"If-Match": if_match},
        )
        return versioned(answer, settings.InterceptGroup)
