"""All routes of administration."""

from __future__ import annotations

from litestar import Controller

from app.domain.admin.accounts import AccountController
from app.domain.admin.api_keys import KeyController
from app.domain.admin.audit import AuditController
from app.domain.admin.bulk import ImportController
from app.domain.admin.devices import DeviceController, UserDevicesController
from app.domain.admin.music import MusicController, OwnMusicController
from app.domain.admin.numbers import BlockController, TenantNumbersController
from app.domain.admin.tenants import OneGroupController, TenantController
from app.domain.admin.usage import UsageController
from app.domain.admin.users import GroupUsersController, UserController

ADMINISTRATION: tuple[type[Controller], ...] = (
    TenantController,
    MusicController,
    OwnMusicController,
    OneGroupController,
    GroupUsersController,
    UserController,
    AccountController,
    TenantNumbersController,
    BlockController,
    UserDevicesController,
    DeviceController,
    UsageController,
    AuditController,
    ImportController,
    KeyController,
)
