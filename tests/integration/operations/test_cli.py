"""The command line: what it says, and with which code it ends."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from functions.evidence import gateways
from functions.grants import businesses, codes
from functions.shared import clients, clock
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import FormerOwner, Owner, User
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Member
from operations import writers
from operations.cli import SHOWN, main
from operations.rows import Row
from operations.sheets import write_sheet
from tests.integration.client import new_user
from tests.integration.evidence.streamed import record_everything
from tests.integration.grants.builders import add_institution, details
from tests.integration.institutions.builders import verified_user
from tests.integration.operations.directories import registered, row
from tests.integration.shared.faults import answering, dynamodb, dynamodb_error, timing_out

pytestmark = pytest.mark.usefixtures("aws", "clock")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command: exit code, output, messages. One thread, since moto's writes are not isolated."""
    monkeypatch.setattr(writers, "ThreadPoolExecutor", lambda _: ThreadPoolExecutor(1))

    def command(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return command


def test_a_province_by_command(run: Run, tmp_path: Path) -> None:
    """Generate, look, import, export: the export is the file, and again there is nothing to do."""
    made, back = tmp_path / "province.xlsx", tmp_path / "back.csv"
    assert run("institutions", "generate", made, "--size", 25)[0] == 0
    top = "Lines without a supervisor: 1; institutions that lose theirs: 0.\n"
    assert run("institutions", "import", made, "--dry-run")[:2] == (0, f"25 new, 0 changed, 0 as they are.\n{top}")
    assert run("institutions", "import", made)[0] == 0
    assert run("institutions", "export", back)[:2] == (0, f"25 institutions are in {back}.\n")
    assert run("institutions", "import", back)[:2] == (0, f"0 new, 0 changed, 25 as they are.\n{top}")


def test_bad_files_are_refused(run: Run, tmp_path: Path) -> None:
    """A file that cannot be read or has bad lines ends with 1 and says why; nothing is written."""
    assert run("institutions", "import", tmp_path / "missing.csv")[0] == 1
    assert run("institutions", "export", tmp_path / "a.txt")[0] == 1
    assert run("institutions", "generate", tmp_path / "a.txt", "--size", 1)[0] == 1
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "institution_code,name,supervisor_code,category,region_code,unified_social_credit_code\n" + "H1,,,,,\n" * 300,
        encoding="utf-8",
    )
    code, _, messages = run("institutions", "import", bad)
    assert code == 1
    for line in range(2, 302):
        assert f"line {line}: name: NAME_TOO_SHORT" in messages
    assert "Nothing was written." in messages


def exchanged(one: Row, other: Row) -> list[Row]:
    """Two institutions that have exchanged their names."""
    return [msgspec.structs.replace(one, name=other.name), msgspec.structs.replace(other, name=one.name)]


def test_a_made_up_province_has_institutions(run: Run, tmp_path: Path) -> None:
    """A size that no province has is wrong usage, and no file is written."""
    for size in ("-5", "0", "many"):
        code, out, messages = run("institutions", "generate", tmp_path / "a.csv", "--size", size)
        assert (code, out, "--size" in messages) == (2, "", True)
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_lists_what_would_change(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change of an institution that is there, by line, before and after; to a terminal the first of many."""
    rows = [row("TOP00", "省卫健委"), *(row(f"H{n:04d}", f"{n}号医院", "TOP00") for n in range(50))]
    write_sheet(tmp_path / "a.csv", rows)
    assert run("institutions", "import", tmp_path / "a.csv")[0] == 0
    moved = msgspec.structs.replace(rows[1], supervisor_code=None, category="专科医院")
    wanted = [rows[0], moved, *(msgspec.structs.replace(one, name=f"新{one.name}") for one in rows[2:])]
    write_sheet(tmp_path / "a.csv", [*wanted, row("H9999", "新医院", "TOP00")])
    code, out, _ = run("institutions", "import", tmp_path / "a.csv", "--dry-run")
    assert code == 0
    lines = out.splitlines()
    assert lines[:5] == [
        "1 new, 50 changed, 1 as they are.",
        "Lines without a supervisor: 2; institutions that lose theirs: 1.",
        "line 3: supervisor_code: TOP00 → (none)",
        "line 3: category: 综合医院 → 专科医院",
        "line 4: name: 1号医院 → 新1号医院",
    ]
    assert len(lines) == 2 + 51
    write_sheet(tmp_path / "b.csv", [*rows[:48], *exchanged(rows[48], rows[49])])
    assert "1 that exchange names" in run("institutions", "import", tmp_path / "b.csv", "--dry-run")[1]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    lines = run("institutions", "import", tmp_path / "a.csv", "--dry-run")[1].splitlines()
    assert len(lines) == 2 + SHOWN + 1
    assert lines[-1].startswith(f"… and {51 - SHOWN} more")


def test_an_import_says_what_registrations_ask_for(run: Run, tmp_path: Path) -> None:
    """The operator is told how many lines list what pending registrations ask for, and they are imported."""
    rows = [row("TOP00", "省卫健委"), row("H0001", "申请中的医院", "TOP00"), row("H0002", "分院", "H0001")]
    write_sheet(tmp_path / "a.csv", rows[:1])
    assert run("institutions", "import", tmp_path / "a.csv")[0] == 0
    registered("申请中的医院", "TOP00")
    write_sheet(tmp_path / "b.csv", rows)
    for more in (["--dry-run"], []):
        code, out, _ = run("institutions", "import", tmp_path / "b.csv", *more)
        assert (code, out.splitlines()[0]) == (0, "2 new, 0 changed, 1 as they are.")
        assert "Pending registrations ask for what 1 lines list" in out
    assert run("institutions", "export", tmp_path / "back.csv")[1].startswith("3 institutions")


def test_members_of_before_are_listed(run: Run) -> None:
    """Accounts that have a work unit and are on no list are put on it, once; others are left alone."""
    write_unit = [User.work_unit_code.set("H0001"), User.name_masked.set("李*")]
    user_id, _ = verified_user()
    verified_user()
    User.new(keys.user(user_id)).update(actions=write_unit)
    assert run("institutions", "list-members")[1] == "1 members were added to the lists of their institutions.\n"
    member = Member.get(*keys.member("H0001", user_id))
    assert (member.name_masked, member.by, member.code_version) == ("李*", "code", None)
    assert run("institutions", "list-members")[1].startswith("0 members")


def test_administrators_come_and_go(run: Run) -> None:
    """A verified user is appointed by id or phone, once, listed and dismissed; others are refused."""
    unverified, _ = new_user()
    code, _, message = run("administrators", "appoint", "--user-id", unverified)
    assert (code, message) == (
        1,
        "Their identity is not verified. They have to verify it in the mini-program first.\n",
    )
    user_id, _ = verified_user()
    assert run("administrators", "appoint", "--user-id", user_id)[:2] == (0, f"{user_id} is now an administrator.\n")
    assert run("administrators", "appoint", "--user-id", user_id)[1].endswith("already.\n")
    assert User.get(*keys.user(user_id)).is_administrator
    assert run("administrators", "list")[1] == f"{user_id}\n"
    assert run("administrators", "dismiss", "--user-id", user_id)[0] == 0
    assert not User.get(*keys.user(user_id)).is_administrator
    assert run("administrators", "list")[1] == ""
    User.new(keys.user(user_id)).update(actions=[User.is_administrator.set(True)])  # as before there was a list
    assert run("administrators", "appoint", "--user-id", user_id)[0] == 0
    assert run("administrators", "list")[1] == f"{user_id}\n"
    assert run("administrators", "appoint", "--phone", "13900139000")[0] == 1
    assert run("administrators", "appoint", "--user-id", "nobody")[0] == 1


def test_the_trail_of_a_grant(run: Run) -> None:
    """A whole chain ends with 0; a broken one with 1, and the number and key of the first event that is not right."""
    administrator, _ = new_user(administrator=True)
    add_institution("H1", None)
    businesses.create("exam", details(), actor=administrator)
    for _ in range(3):
        codes.issue_code(administrator, "exam", "H1")
    whole = "3 events, none of them missing or altered; keyed from event 1 on.\n"
    assert run("audit", "verify", "grant", "exam", "H1")[:2] == (0, whole)
    assert run("audit", "verify", "grant", "exam", "H2")[::2] == (1, "No events for it: check the id.\n")
    AuditEvent.new(keys.audit_event(keys.grant("exam", "H1"), 2)).update(actions=[AuditEvent.actor.set("other")])
    code, _, message = run("audit", "verify", "grant", "exam", "H1")
    assert (code, message) == (1, "GRANT#exam#H1 / GRANT: event 2 was altered.\n")
    AuditEvent.new(keys.audit_event(keys.grant("exam", "H1"), 2)).delete()
    assert run("audit", "verify", "grant", "exam", "H1")[2].endswith("event 2 is missing, or not of this trail.\n")
    Grant.new(keys.grant("exam", "H1")).delete()
    assert "event 1 is missing" in run("audit", "verify", "grant", "exam", "H1")[2]
    assert run("audit", "verify", "grant", "exam")[2] == "Give two codes: grant BUSINESS INSTITUTION.\n"
    assert run("audit", "verify")[0] == run("audit", "verify", "user", "x", "--all")[0] == 1


def test_all_trails(run: Run) -> None:
    """Everything of which there is evidence, with the trails that are not whole named."""
    user_id, _ = new_user(administrator=True)
    add_institution("H1", None)
    record_everything()
    assert run("audit", "verify", "--all")[:2] == (
        0,
        "All 1 trails of which there is evidence are whole, and so are the heads of 0 hours.\n",
    )
    AuditEvent.new(keys.audit_event(keys.user(user_id), 1)).delete()
    code, _, message = run("audit", "verify", "--all")
    assert (code, message.splitlines()[-1]) == (1, "1 of 1 trails are not whole; 0 findings in 0 hours.")
    assert f"USER#{user_id} / PROFILE: event 1 is missing" in message
    with timing_out(clients.s3(), "s3.ListObjectVersions"):
        code, _, message = run("audit", "verify", "--all")
    assert (code, "does not say that the trails are whole" in message) == (3, True)
    gateways.write("heads/2026-11-22T07", b"{")
    message = run("audit", "verify", "--all")[2]
    assert "The heads of 2026-11-22T07 (UTC): do not follow from the hour before." in message


def test_migrations_are_done_once_and_again(run: Run) -> None:
    """Trails are attested and the migration closed; codes in clear are gone; a second time there is nothing to do."""
    administrator, _ = new_user(administrator=True)
    add_institution("H1", None)
    businesses.create("exam", details(), actor=administrator)
    codes.issue_code(administrator, "exam", "H1")
    Grant.new(keys.grant("exam", "H1")).update(actions=[Grant.code.set("MEXQQ2970NA5QQ1Z"), Grant.code_nonce.remove()])
    for adopted in (1, 0):
        assert run("secrets", "migrate")[:2] == (0, f"{adopted} codes were in clear; none is now.\n")
    assert Grant.get(*keys.grant("exam", "H1")).open_code() == "MEXQQ2970NA5QQ1Z"
    for _ in range(2):
        code, told, _ = run("audit", "migrate")
        assert (code, told.startswith("Every trail of an earlier version is attested")) == (0, True)


def test_who_acted_is_found_from_the_number(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is verified with it and who withdrew, in the order they are kept; never by a number in the command itself."""
    person_hash = keyed_hash("document", "resident_id:420106198611190025")
    Owner.new(keys.document_owner(person_hash), user_id="now").save()
    former = FormerOwner.new(keys.former_document_owner(person_hash, "before"), user_id="before")
    former.withdrawn_at = clock.now()
    former.save()

    def typed(number: str, *more: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{number}\n"))
        return run("people", "trace", *more)

    assert typed("420106198611190025")[:2] == (0, "before withdrew on 2026-11-22\nnow verified\n")
    assert typed("42010619861119022X")[0] == 1
    assert typed("420106198611190026")[0] == 1  # as it may be printed, but no one's
    assert typed("")[0] == 1
    assert typed("E12345678", "--document-type", "passport", "--nationality", "GBR")[0] == 1
    assert typed("E12345678", "--document-type", "passport", "--nationality", "Atlantis")[0] == 1
    assert typed("E12345678", "--document-type", "library card")[0] == 1


def test_usage(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Help ends with 0; an unknown command, and one that does not know where to work, with 2."""
    assert run("--help")[0] == 0
    assert run("institutions", "burn")[0] == 2
    monkeypatch.delenv("TABLE_NAME")
    code, _, messages = run("institutions", "export", "a.csv")
    assert (code, "choose an installation" in messages) == (2, True)


def test_refusals_of_aws_are_told(run: Run, tmp_path: Path) -> None:
    """What AWS refuses is a message and not a trace; a table that takes no more writes says how to go on."""
    made = tmp_path / "province.csv"
    run("institutions", "generate", made, "--size", 3)
    refusal = dynamodb_error("AccessDeniedException")
    with answering(dynamodb(), "dynamodb.BatchGetItem", refusal):
        code, _, messages = run("institutions", "import", made)
    assert (code, "Nothing was written; run it again" in messages) == (1, True)
    assert "AccessDeniedException" in messages
    with answering(dynamodb(), "dynamodb.Query", refusal):
        code, _, messages = run("institutions", "export", tmp_path / "b.csv")
    assert (code, "run it again" in messages, "AccessDeniedException" in messages) == (1, True, True)
    with answering(dynamodb(), "dynamodb.TransactWriteItems", refusal):
        code, _, messages = run("institutions", "import", made)
    assert (code, "run it again to go on" in messages, "AccessDeniedException" in messages) == (1, True, True)
    assert run("institutions", "import", made)[1].startswith("3 new, 0 changed, 0 as they are.\n")
