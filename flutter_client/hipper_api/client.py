"""The whole API. Written by hipper_api_generator: change the API instead."""

from __future__ import annotations

from types import TracebackType

from hipper_api.operations.accounts_of_users import AccountsOfUsers
from hipper_api.operations.audit import Audit
from hipper_api.operations.availability import Availability
from hipper_api.operations.calls_of_colleagues import CallsOfColleagues
from hipper_api.operations.calls_of_users import CallsOfUsers
from hipper_api.operations.colleagues import Colleagues
from hipper_api.operations.companies import Companies
from hipper_api.operations.description import Description
from hipper_api.operations.events import Events
from hipper_api.operations.explain import Explain
from hipper_api.operations.groups import Groups
from hipper_api.operations.health import Health
from hipper_api.operations.imports import Imports
from hipper_api.operations.keys import Keys
from hipper_api.operations.me import Me
from hipper_api.operations.mobile_network import MobileNetwork
from hipper_api.operations.music_on_hold import MusicOnHold
from hipper_api.operations.my_calls import MyCalls
from hipper_api.operations.my_contacts import MyContacts
from hipper_api.operations.my_services import MyServices
from hipper_api.operations.numbers import Numbers
from hipper_api.operations.overview import Overview
from hipper_api.operations.privacy import Privacy
from hipper_api.operations.services_of_users import ServicesOfUsers
from hipper_api.operations.signing_in import SigningIn
from hipper_api.operations.telephones import Telephones
from hipper_api.operations.usage import Usage
from hipper_api.operations.users import Users
from hipper_api.transport import Transport


class Hipper(Transport):
    """Everything the API offers, by its parts. Used with ``async with``."""

    async def __aenter__(self) -> Hipper:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    @property
    def accounts_of_users(self) -> AccountsOfUsers:
        return AccountsOfUsers(self)

    @property
    def audit(self) -> Audit:
        return Audit(self)

    @property
    def availability(self) -> Availability:
        return Availability(self)

    @property
    def calls_of_colleagues(self) -> CallsOfColleagues:
        return CallsOfColleagues(self)

    @property
    def calls_of_users(self) -> CallsOfUsers:
        return CallsOfUsers(self)

    @property
    def colleagues(self) -> Colleagues:
        return Colleagues(self)

    @property
    def companies(self) -> Companies:
        return Companies(self)

    @property
    def description(self) -> Description:
        return Description(self)

    @property
    def events(self) -> Events:
        return Events(self)

    @property
    def explain(self) -> Explain:
        return Explain(self)

    @property
    def groups(self) -> Groups:
        return Groups(self)

    @property
    def health(self) -> Health:
        return Health(self)

    @property
    def imports(self) -> Imports:
        return Imports(self)

    @property
    def keys(self) -> Keys:
        return Keys(self)

    @property
    def me(self) -> Me:
        return Me(self)

    @property
    def mobile_network(self) -> MobileNetwork:
        return MobileNetwork(self)

    @property
    def music_on_hold(self) -> MusicOnHold:
        return MusicOnHold(self)

    @property
    def my_calls(self) -> MyCalls:
        return MyCalls(self)

    @property
    def my_contacts(self) -> MyContacts:
        return MyContacts(self)

    @property
    def my_services(self) -> MyServices:
        return MyServices(self)

    @property
    def numbers(self) -> Numbers:
        return Numbers(self)

    @property
    def overview(self) -> Overview:
        return Overview(self)

    @property
    def privacy(self) -> Privacy:
        return Privacy(self)

    @property
    def services_of_users(self) -> ServicesOfUsers:
        return ServicesOfUsers(self)

    @property
    def signing_in(self) -> SigningIn:
        return SigningIn(self)

    @property
    def telephones(self) -> Telephones:
        return Telephones(self)

    @property
    def usage(self) -> Usage:
        return Usage(self)

    @property
    def users(self) -> Users:
        return Users(self)
