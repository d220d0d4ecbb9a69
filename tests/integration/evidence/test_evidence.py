"""Evidence: recorded as the stream brings it, hour by hour; migrations that can be done again and not be misused."""

import hashlib
import itertools
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from functions.evidence import gateways, hours, migration, recording, verification
from functions.evidence.events import keep_evidence
from functions.grants import codes
from functions.institutions import directory
from functions.shared import audit, clients, derived_keys
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.base import connection
from functions.shared.table.grants import Grant, Job
from functions.shared.table.institutions import Institution
from functions.shared.table.keys import Key
from functions.shared.table_stream import Change
from local.template import Template
from operations import evidence
from tests.conftest import Clock
from tests.integration.evidence.streamed import audit_keys, batch, kept, record_everything
from tests.integration.grants.builders import CITY, EXAM, PROVINCE, Tree
from tests.integration.identity.applicant import during
from tests.integration.shared.faults import timing_out
from tests.integration.shared.log_lines import LogLines

GRANT = keys.grant(EXAM, CITY)


def make_plain(key: Key, until: int | None = None) -> None:
    """Let a chain's events be of a version before the keyed chain, up to a version."""
    events = list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key))))
    previous = ""
    for event in events[:until]:
        event.keyed_by = None
        event.previous_hash = previous
        event.hash = previous = audit.event_hash(event)
        event.save()
    for event in events[until:] if until is not None else []:
        event.previous_hash = previous
        event.hash = previous = audit.event_hash(event)
        event.save()
    Grant.new(key).update(actions=[Grant.chain_hash.set(previous)])


def test_each_event_is_recorded_once_however_often_it_comes(world: Tree) -> None:
    """A batch that comes again, in part or whole, adds nothing; the bucket locks what is in it."""
    world.code(CITY)
    recorded = record_everything()
    names = kept()
    assert recorded == len(audit_keys()) == len([name for name in names if name.startswith("chains/")])
    assert record_everything() == recorded
    assert kept() == names
    event = AuditEvent.get(*keys.audit_event(GRANT, 1))
    assert f"chains/GRANT!{EXAM}!{CITY}/GRANT/00000001-{event.hash}" in names
    lock = boto3.client("s3").get_object_lock_configuration(Bucket=Template().name_of("EvidenceBucket"))
    retention = lock["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("COMPLIANCE", 3650)


def test_what_is_no_event_of_ours_is_an_alarm_and_not_recorded(world: Tree) -> None:
    """An event that was altered before it is recorded, one that is gone, and one that is touched later."""
    world.code(CITY)
    key = keys.audit_event(GRANT, 1)
    AuditEvent.new(key).update(actions=[AuditEvent.actor.set("somebody")])
    changes = [Change(key, "INSERT"), Change(keys.audit_event(GRANT, 9), "INSERT"), Change(key, "MODIFY")]
    changes += [Change(key, "REMOVE"), Change(keys.user("u"), "INSERT")]
    with LogLines() as logs:
        assert recording.record(changes) == 0
    touched = [line["what"] for line in logs.named("audit_event_touched")]
    assert touched == ["MODIFY", "REMOVE", "missing or altered", "missing or altered"]
    assert kept() == []


def test_hourly_heads_are_a_chain_of_hours(world: Tree, clock: Clock) -> None:
    """Each names the newest record of each chain and the hash of the hour before; a missed hour is written later."""
    world.code(CITY)
    record_everything()
    assert recording.write_heads() == ["2026-11-22T06"]  # the first that is over: nothing had happened yet
    clock.forward(3_600)
    world.code(CITY)
    record_everything()
    clock.forward(2 * 3_600)
    assert keep_evidence({"command": "write_heads"}) == {
        "hours": ["2026-11-22T07", "2026-11-22T08", "2026-11-22T09"],
    }
    assert recording.write_heads() == []
    first, second = (json.loads(gateways.read(f"heads/2026-11-22T{hour}")) for hour in ("08", "09"))
    newest = AuditEvent.get(*keys.audit_event(GRANT, 2))
    assert first["chains"][f"{GRANT.pk}/GRANT"][0] == 1
    assert second["chains"][f"{GRANT.pk}/GRANT"] == [2, newest.hash]
    assert second["previous"] == hashlib.sha256(gateways.read("heads/2026-11-22T08")).hexdigest()


def test_all_chains_are_verified_piece_by_piece(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of thing is found through the evidence, each once, whatever the size of a piece or a listing."""
    world.manager(CITY)
    record_everything()
    expected = {keys.audited(key)[0] for key in audit_keys()}  # type: ignore[index]  # all of them are events
    monkeypatch.setattr(verification, "CHAINS_AT_ONCE", 3)
    monkeypatch.setattr(verification, "NAMES_AT_ONCE", 5)
    verdicts = list(evidence.verify_all())
    assert [one for one in verdicts if one.problem is not None] == []
    seen = [(one.pk, one.sk) for one in verdicts]
    assert len(seen) == len(set(seen))
    assert set(seen) == {tuple(key) for key in expected}
    assert {pk.partition("#")[0] for pk, _ in seen} == {"USER", "GRANT", "BUSINESS"}


def test_a_chain_that_grows_meanwhile_is_whole(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the last one of a piece: what is recorded after the pieces were divided belongs to its own piece."""
    world.code(CITY)
    record_everything()
    monkeypatch.setattr(verification, "CHAINS_AT_ONCE", 1)
    pieces = verification.list_pieces("")
    world.code(CITY)
    record_everything()
    verdicts = []
    for after, until in itertools.pairwise(["", *pieces.ends]):
        verdicts += verification.verify_piece(after, until)
    assert {one.problem for one in verdicts} == {None}
    assert [one.events for one in verdicts if (one.pk, one.sk) == GRANT] == [2]
    begun = {"at": 0}

    def grow() -> None:
        begun["at"] += 1
        world.code(CITY)

    with during(connection().connection.client, "dynamodb.Query", grow):
        verdicts = list(evidence.verify_all())
    assert (begun["at"], {one.problem for one in verdicts}) == (1, {None})


def _reissue(world: Tree) -> None:
    """A new code, whatever the hour: the administrator's console sessions end after two."""
    codes.issue_code(world.admin.user_id, EXAM, CITY, world.admin.reason)


def _some_hours(world: Tree, clock: Clock) -> None:
    """The grant changes in each of three hours, whose heads are written, and those of two hours before."""
    recording.write_heads()
    for _ in range(3):
        _reissue(world)
        record_everything()
        clock.forward(3_600)
    clock.forward(600)
    recording.write_heads()


def test_heads_are_compared_with_the_chains(world: Tree, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole at first, in pieces too; then an event that is gone or another one shows, with its hour and chain."""
    assert hours.verify_hours(None) == (0, [], None)
    _some_hours(world, clock)
    assert hours.verify_hours(None) == (5, [], None)
    monkeypatch.setattr(hours, "HOURS_AT_ONCE", 2)
    counted: list[int] = []
    assert evidence.verify_hours(counted.append) == []
    assert counted == [2, 2, 1]
    AuditEvent.new(keys.audit_event(GRANT, 2)).update(actions=[AuditEvent.hash.set("0" * 64)])
    AuditEvent.new(keys.audit_event(GRANT, 3)).delete()
    findings = evidence.verify_hours(counted.append)
    assert [(one.hour, one.problem, one.pk, one.sk) for one in findings] == [
        ("2026-11-22T09", "contradicted", *GRANT),
        ("2026-11-22T10", "contradicted", *GRANT),
    ]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"hour": "2026-11-22T09", "previous": null, "chains": {}}'])
def test_heads_that_are_written_again_show(world: Tree, clock: Clock, content: bytes) -> None:
    """Object Lock keeps what was written first, which is compared; that something came later is a finding."""
    _some_hours(world, clock)
    gateways.write("heads/2026-11-22T09", content)
    findings = hours.verify_hours(None).findings
    assert [(one.hour, one.problem) for one in findings] == [("2026-11-22T09", "written_again")]
    clock.forward(3_600)
    recording.write_heads()
    assert hours.verify_hours(None).findings == findings


def test_heads_that_do_not_follow_show(world: Tree, clock: Clock) -> None:
    """Written by something that does not know the hour before, in its place, or of another hour."""
    _some_hours(world, clock)
    forged = {"hour": "2026-11-22T11", "previous": "0" * 64, "chains": {}}
    gateways.write("heads/2026-11-22T11", json.dumps(forged).encode())
    gateways.write("heads/2026-11-22T12", b"{")
    found = [(one.hour, one.problem) for one in hours.verify_hours(None).findings]
    assert found == [("2026-11-22T11", "altered"), ("2026-11-22T12", "altered")]


def test_hours_without_heads_show(world: Tree, clock: Clock) -> None:
    """One that was left out between others, and all since the rule stopped, once two hours are over."""
    _reissue(world)
    record_everything()
    clock.forward(3 * 3_600)
    assert hours.verify_hours(None).findings == []
    clock.forward(600)
    assert [(one.hour, one.problem) for one in hours.verify_hours(None).findings] == [("2026-11-22T08", "missing")]
    recording.write_heads()
    assert hours.verify_hours(None).findings == []
    clock.forward(49 * 3_600)
    assert [(one.hour, one.problem) for one in hours.verify_hours(None).findings] == [("2026-11-22T11", "missing")]
    recording.write_heads()  # two days back at most
    assert [(one.hour, one.problem) for one in hours.verify_hours(None).findings] == [("2026-11-22T11", "missing")]


def test_a_job_that_has_expired_is_compared_with_the_evidence(world: Tree) -> None:
    """Its item goes after a while and its trail stays; what is cut off that trail shows all the same."""
    world.manager(PROVINCE)
    made = world.admin.console.post(f"/console/grants/{EXAM}/code-jobs", {"supervisor": "root"})
    key = keys.job(made.body["job_id"])
    record_everything()
    Job.new(key).delete()
    assert verification.verify_chain(key).problem is None
    AuditEvent.new(keys.audit_event(key, 1)).delete()
    assert verification.verify_chain(key).problem == "missing"


def test_an_older_chain_is_attested_once_and_keyed_from_there_on(world: Tree) -> None:
    """Plain up to the attestation, keyed afterwards: whole, however often the migration is done."""
    for _ in range(3):
        world.code(CITY)
    make_plain(GRANT, until=2)
    assert verification.verify_chain(GRANT).problem == "not_attested"
    assert migration.attest([GRANT, keys.user(world.admin.user_id)]) == []
    assert migration.attest([GRANT]) == []
    record_everything()
    verdict = verification.verify_chain(GRANT)
    assert (verdict.problem, verdict.events, verdict.keyed_from) == (None, 3, 3)
    assert len([name for name in kept() if "plain-" in name]) == 1


def test_nothing_is_attested_that_was_keyed_or_is_not_whole(world: Tree) -> None:
    """A keyed chain that was written again as a plain one, an altered plain one, and any after the migration."""
    world.code(CITY)
    world.code(CITY)
    record_everything()
    make_plain(GRANT)
    assert migration.attest([GRANT]) == [GRANT]
    other = keys.grant(EXAM, PROVINCE)
    world.code(PROVINCE)
    make_plain(other)
    AuditEvent.new(keys.audit_event(other, 1)).update(actions=[AuditEvent.actor.set("somebody")])
    assert migration.attest([other]) == [other]
    make_plain(other)
    assert keep_evidence({"command": "close_migration"}) == {}
    assert keep_evidence({"command": "attest", "keys": [list(other)]}) == {"broken": [other]}
    assert verification.verify_chain(other).problem == "not_attested"


def test_codes_in_clear_become_nonces_and_stay_the_same(world: Tree) -> None:
    """Done twice, and while a code is issued again, nothing is lost and nothing is in clear."""
    world.code(CITY)
    old = "MEXQQ2970NA5QQ1Z"
    Grant.new(GRANT).update(actions=[Grant.code.set(old), Grant.code_nonce.remove()])
    wanted = [list(GRANT), list(keys.institution(CITY)), list(keys.grant(EXAM, PROVINCE))]
    assert keep_evidence({"command": "adopt_codes", "keys": wanted}) == {"adopted": 1}
    assert keep_evidence({"command": "adopt_codes", "keys": wanted}) == {"adopted": 0}
    stored = Grant.get(*GRANT)
    assert (stored.open_code(), stored.code) == (old, None)
    assert verification.verify_chain(GRANT).problem is None


@pytest.mark.parametrize("place", ["s3.PutObject", "dynamodb.BatchGetItem", "kms.GenerateMac"])
def test_a_batch_whose_recording_fails_comes_again_and_is_whole(world: Tree, place: str) -> None:
    """Lambda hands the same batch over again, and nothing is missing or twice."""
    world.code(CITY)
    derived_keys.chain_key.cache_clear()
    derived_keys.derived_key.cache_clear()
    service = place.partition(".")[0]
    client = connection().connection.client if service == "dynamodb" else getattr(clients, service)()
    with timing_out(client, place), pytest.raises((BotoCoreError, ClientError, PynamoDBException)):
        record_everything()
    assert record_everything() == len(audit_keys()) == len([name for name in kept() if name.startswith("chains/")])


def test_a_rotation_that_comes_between_keeps_its_new_code(world: Tree) -> None:
    """The migration changes nothing where the code in clear has been replaced since it was read."""
    institution = directory.find(CITY)
    gone: list[Any] = [Institution.confirmation_nonce.remove(), Institution.confirmation_offset.remove()]
    institution.update(actions=[*gone, Institution.confirmation_code.set("DGHJKLMN")])
    path = f"/console/institutions/{CITY}/confirmation-code"
    new: list[str] = []

    def rotate() -> None:
        new.append(world.admin.console.post(path).body["confirmation_code"])

    with during(connection().connection.client, "dynamodb.UpdateItem", rotate):
        assert migration.adopt_codes([keys.institution(CITY)]) == 0
    stored = directory.find(CITY)
    assert (stored.current_confirmation_code(), stored.confirmation_code) == (new[0], None)


def test_the_function_refuses_what_it_does_not_know(aws: Any) -> None:
    """A command of another name, or with other parts, changes nothing."""
    import msgspec

    for odd in ({"command": "sign", "key": ["a", "b"]}, {"command": "verify_chain"}, {}, {"command": "attest", "x": 1}):
        with pytest.raises(msgspec.ValidationError):
            keep_evidence(odd)
    assert batch([])["Records"] == []
