"""``/v1/audit``: who changed what."""

from __future__ import annotations

import re

from litestar import Controller, get

from app.domain.admin.asking import Asked, actor_of, stores_of
from app.operations import Access, declared
from app.pages import QUERY, Listed, page_of
from app.problems import FORBIDDEN, INVALID_REQUEST, ProblemError
from hipper.directory.admin.audit_log import Change, list_changes

_CHANGE = {
    "id": 4711,
    "at": 1764000000.0,
    "tenant": "t_5e1f",
    "by": "user:s_1f0e",
    "subject": "subscriber anna@bakkerijdevries.example",
    "change": 'extension "201" -> "211"',
    "before": {"extension": "201"},
    "after": {"extension": "211"},
}


class Changes(Listed[Change], frozen=True): ...


class AuditController(Controller):
    """The audit of the own company; of the whole installation for operators."""

    path = "/v1/audit"
    tags = ("audit",)

    @get(
        "/",
        operation_id="listChanges",
        summary="Who changed what, the newest first",
        opt=declared(
            Access.ADMINISTRATOR, answer=Changes, query=QUERY, shown={"items": [_CHANGE], "next": None}
        ),
    )
    async def all(self, request: Asked) -> Changes:
        """For the enterprise's administrators and operators. Every change, with what was and what is; never a
        secret, and of contacts only how many."""
        actor, page = actor_of(request), page_of(request)
        if actor.group is not None:
            raise ProblemError(
                FORBIDDEN,
                "this is for the enterprise's administrators",
                "dit is voor beheerders van het bedrijf",
            )
        if not re.fullmatch(r"[0-9]{0,18}", page.after):
            raise ProblemError(INVALID_REQUEST, "after is no cursor", "after is geen cursor")
        before = int(page.after) if page.after else None
        found = await list_changes(stores_of(request).own, actor.tenant, before, page.reach)
        return Changes.of(found, page, lambda one: str(one.id))
