"""The history of an institution for administrators: its audit events as sentences, with what each changed."""

from collections.abc import Mapping
from typing import Any

from functions.institutions import directory, store
from functions.institutions.views import InstitutionChange, InstitutionEvent, InstitutionHistory
from functions.shared import cursors
from functions.shared.errors import Text
from functions.shared.http import Request
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.pages import partition_page

_USER_ID_LENGTH = 32
_UNKNOWN = Text("记录发生变化。", "The record changed.")
SENTENCES: Mapping[str, Text] = {
    "institution_created": Text("机构收录到机构库。", "The institution was added to the directory."),
    "institution_amended": Text("机构信息已修改。", "The institution's details were changed."),
    "institution_closed": Text("机构已撤销。", "The institution was closed."),
    "institution_reopened": Text("机构已恢复。", "The institution was reopened."),
    "confirmation_code_rotated": Text("单位确认码已更换。", "The confirmation code was changed."),
}


def institution_history(request: Request, institution_code: str, limit: int, cursor: str | None) -> InstitutionHistory:
    """A page of an institution's events, newest first. A read, a Query and one BatchGetItem for the names.

    Raises `NotFound`, `CursorInvalid`.
    """
    key = directory.find(institution_code).key
    list_name = f"institution-history:{institution_code}"
    after = cursors.decode(list_name, cursor)[0] if cursor else None
    events, next_key = partition_page(AuditEvent, key.pk, keys.audit_prefix(key), limit, after, newest_first=True)
    names = store.masked_names(event.actor for event in events if len(event.actor) == _USER_ID_LENGTH)
    items = [
        InstitutionEvent(
            at=event.at,
            event=event.event,
            text=request.localize(SENTENCES.get(event.event, _UNKNOWN)),
            by_masked=names.get(event.actor),
            changes=_changes(event.detail),
        )
        for event in events
    ]
    return InstitutionHistory(items, cursors.encode(list_name, [next_key]) if next_key is not None else None)


def _changes(detail: Mapping[str, Any]) -> list[InstitutionChange]:
    """The details that differ, by their names in the directory's forms."""
    before, after = detail.get("before"), detail.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return []
    fields: dict[str, str] = {"credit_code": "unified_social_credit_code"}
    return [
        InstitutionChange(fields.get(name) or str(name), before.get(name), after.get(name))
        for name in after
        if before.get(name) != after.get(name)
    ]
