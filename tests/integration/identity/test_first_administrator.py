"""The first administrator of an installation, whose identity no one else could review."""

import pytest

from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from operations.administrators import NotFirst, NotVerified, approve_first, set_administrator
from tests.integration.client import Http
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import in_review


def test_the_operator_approves_the_first_one(http: Http, faces: FakeFaces) -> None:
    """Their application waits like any other; the operator approves it with a reason, and it counts as an approval."""
    person = in_review(http)
    with pytest.raises(NotVerified):
        set_administrator(person.user_id, appointed=True)
    approve_first(person.user_id, "本人持证件到场。")
    assert person.seen()["status"] == "verified"
    assert person.identity.approval_comment == "本人持证件到场。"
    events = AuditEvent.query(person.identity.pk, AuditEvent.sk.startswith(keys.audit_prefix(person.identity.key)))
    approved = [event.actor for event in events if event.event == "identity_approved"]
    assert approved == ["operations"]
    assert set_administrator(person.user_id, appointed=True)
    assert person.http.get("/admin/identity-applications").status == 200


def test_there_is_one_first(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """Where there is an administrator the operator approves no one."""
    person = in_review(http)
    with pytest.raises(NotFirst):
        approve_first(person.user_id, "本人持证件到场。")
    assert person.seen()["status"] == "in_review"
