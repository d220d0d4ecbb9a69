"""The operator's command line: the directory, administrators, audit trails, who acted. `health-talent --help` lists it.

Exit codes: 0 done, 1 refused (the messages say why), 2 wrong usage, 3 a check that could not end, 130 interrupted.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from operations import audit_commands, portrait_commands
from operations.environment import NoSettings, has_settings, prepare
from operations.terminal import refuse as _refuse

if TYPE_CHECKING:
    from functions.identity.domain.duplicates import Outcome
    from operations.planning import Plan
    from operations.rows import Problem

PHONE = re.compile("1[3-9][0-9]{9}")
USER_ID = re.compile("[0-9a-f]{32}")
INTERRUPTED = 130  # as shells have it for Ctrl-C
SHOWN = 40  # changes that a terminal is told of; a file or a pipe is told of all


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit."""
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        prepare(function=options.function, endpoint_url=options.endpoint_url)
        if command is not _generate and not has_settings():
            parser.error("choose an installation: --function NAME, or --endpoint-url of the local run")
        sys.exit(command(options))
    except NoSettings as error:
        sys.exit(_refuse(str(error)))
    except (BotoCoreError, ClientError, PynamoDBException) as error:
        sys.exit(_refuse(f"AWS does not answer, or refuses: {getattr(error, 'cause', None) or error}"))
    except KeyboardInterrupt:
        print("Stopped. What is done stays; run it again to go on.", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="health-talent", description="Operate a Health Talent installation.")
    parser.add_argument("--function", help="take the settings from this deployed Lambda function (its API function)")
    parser.add_argument("--endpoint-url", help="another AWS endpoint, such as the local run's http://127.0.0.1:5000")
    areas = parser.add_subparsers(required=True, metavar="AREA")

    institutions = areas.add_parser("institutions", help="the directory").add_subparsers(required=True, metavar="DO")
    done = institutions.add_parser("import", help="bring the directory up to date with a CSV or XLSX file")
    done.add_argument("file", type=Path)
    done.add_argument("--dry-run", action="store_true", help="check and compare only; list what would change")
    done.set_defaults(command=_import)
    done = institutions.add_parser("export", help="write the directory to a CSV or XLSX file")
    done.add_argument("file", type=Path)
    done.set_defaults(command=_export)
    done = institutions.add_parser("generate", help="write a made-up province to a CSV or XLSX file")
    done.add_argument("file", type=Path)
    done.add_argument("--size", type=_count, default=36_000)
    done.add_argument("--seed", type=int, default=1)
    done.set_defaults(command=_generate)

    done = institutions.add_parser(
        "list-members", help="list the members of institutions from before; run once after an update"
    )
    done.set_defaults(command=_list_members)

    _add_grants(areas)
    administrators = areas.add_parser(
        "administrators", help="who may review and maintain the directory"
    ).add_subparsers(required=True, metavar="DO")
    for word, text in (("appoint", "make a user an administrator"), ("dismiss", "make an administrator a user again")):
        done = administrators.add_parser(word, help=text)
        who = done.add_mutually_exclusive_group(required=True)
        who.add_argument("--user-id")
        who.add_argument("--phone", help="as it was bound, such as 13800138000")
        done.set_defaults(command=_appoint if word == "appoint" else _dismiss)
    done = administrators.add_parser("approve-first", help="approve the application of the first administrator")
    who = done.add_mutually_exclusive_group(required=True)
    who.add_argument("--user-id")
    who.add_argument("--phone", help="as it was bound, such as 13800138000")
    done.add_argument(
        "--reason",
        required=True,
        type=_reason,
        help="how you identified the person; the trail keeps it; no names or numbers",
    )
    done.set_defaults(command=_approve_first)
    done = administrators.add_parser("list", help="the user ids of all administrators")
    done.set_defaults(command=_list_administrators)

    audit_commands.add_to(areas)

    people = areas.add_parser(
        "people", help="help a person who comes to you; trace a number; portraits"
    ).add_subparsers(required=True, metavar="DO")
    done = people.add_parser("trace", help="the user ids of a document number, which is read from standard input")
    done.add_argument("--document-type", default="resident_id", help="as in the API; resident_id unless given")
    done.add_argument("--nationality", help="of a passport, three letters")
    done.set_defaults(command=_trace)
    portrait_commands.add_to(people)
    for word, text, command in (
        ("same-person", "the applicant is the person of the older account: join the new one into it", _same_person),
        (
            "impostor",
            "the older account is not theirs: move the number to them after 72 hours for objections",
            _impostor,
        ),
        (
            "replace-sign-in",
            "give an account the WeChat account or phone that a new, blank one signs in with",
            _replace,
        ),
        ("take-phone", "bind a phone, read from standard input, no matter who had it before", _take_phone),
    ):
        done = people.add_parser(word, help=text)
        done.add_argument("user_id", type=_user_id, help="the user id of the person who came to you")
        if command is _replace:
            done.add_argument(
                "blank_user_id", type=_user_id, help="the user id of the account they made just now by signing in"
            )
        done.add_argument(
            "--reason", required=True, type=_reason, help="why; the audit trail keeps it, so no names or numbers"
        )
        done.set_defaults(command=command)
    done = people.add_parser("carry-out", help="carry out now what is due for a user, instead of at the next full hour")
    done.add_argument("user_id", type=_user_id)
    done.set_defaults(command=_carry_out)
    return parser


def _add_grants(areas: Any) -> None:
    grants = areas.add_parser("grants", help="the right of institutions to run businesses").add_subparsers(
        required=True, metavar="DO"
    )
    done = grants.add_parser("file", help="file grants by supervisor; run once after an update, and after many moves")
    done.set_defaults(command=_file_grants)


# The product is imported when a command runs: by then its settings stand in the environment.


def _import(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from operations.importing import carry_out
    from operations.sheets import SheetRefused
    from operations.writers import TableUnavailable

    try:
        plan = _plan(options)
    except (SheetRefused, OSError) as error:
        return _refuse(str(error))
    except TableUnavailable as error:
        return _refuse(f"AWS does not answer, or refuses. Nothing was written; run it again. Why: {error}")
    if plan.problems:
        return _refuse(*plan.problems, f"{len(plan.problems)} problems in {plan.lines} lines. Nothing was written.")
    _show(plan, options)
    refused: list[Problem] = []
    if not options.dry_run:
        try:
            with tqdm(total=len(plan.new) + len(plan.changed), unit=" institutions") as bar:
                refused = carry_out(plan, bar.update)
        except (TableUnavailable, BrokenExecutor) as error:
            return _refuse(f"The import ends before its time. What is done stays; run it again to go on. Why: {error}")
    if refused:
        done = f"{len(refused)} lines were refused; everything else is done. Fix them and run again."
        return _refuse(*refused, done)
    return 0


def _plan(options: argparse.Namespace) -> "Plan":
    from tqdm import tqdm

    from operations.planning import READS_A_LINE, plan_import
    from operations.sheets import read_sheet

    rows, problems = read_sheet(options.file)
    most = READS_A_LINE * len(rows)
    with tqdm(total=most, bar_format="Comparing with the directory {bar} {elapsed}") as bar:
        plan = plan_import(rows, problems, progress=bar.update)
        bar.update(most - bar.n)  # what did not have to be read
    return plan


def _show(plan: "Plan", options: argparse.Namespace) -> None:
    """What an import would do, or is about to do."""
    from operations.rename_order import in_order

    print(f"{len(plan.new)} new, {len(plan.changed)} changed, {plan.unchanged} as they are.")
    print(f"Lines without a supervisor: {plan.at_the_top}; institutions that lose theirs: {plan.to_the_top()}.")
    given_up, _ = in_order(plan.waits)
    if given_up:
        print(f"{len(given_up)} that exchange names or credit codes with others will have interim ones for a moment.")
    if plan.asked_for:
        print(f"Pending registrations ask for what {plan.asked_for} lines list; they are rejected as ALREADY_LISTED.")
    if options.dry_run:
        differences = list(plan.differences())
        shown = differences[:SHOWN] if sys.stdout.isatty() else differences
        for difference in shown:
            print(difference)
        if len(shown) < len(differences):
            print(
                f"… and {len(differences) - len(shown)} more: write them to a file to see all (… --dry-run > changes)."
            )


def _export(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from operations.exporting import export_rows
    from operations.sheets import SheetRefused, write_sheet
    from operations.writers import TableUnavailable

    try:
        with tqdm(unit=" institutions") as bar:
            rows = export_rows(bar.update)
    except TableUnavailable as error:
        return _refuse(f"AWS does not answer, or refuses. Nothing was written; run it again. Why: {error}")
    try:
        write_sheet(options.file, rows)
    except (SheetRefused, OSError) as error:
        return _refuse(str(error))
    print(f"{len(rows)} institutions are in {options.file}.")
    return 0


def _list_members(_: argparse.Namespace) -> int:
    from tqdm import tqdm

    from operations.memberships import list_members

    with tqdm(unit=" accounts") as bar:
        listed = list_members(bar.update)
    print(f"{listed} members were added to the lists of their institutions.")
    return 0


def _file_grants(_: argparse.Namespace) -> int:
    from tqdm import tqdm

    from operations.grant_files import file_grants

    with tqdm(unit=" institutions") as bar:
        filed = file_grants(bar.update)
    print(f"{filed} grants were filed below the supervisors of their institutions.")
    return 0


def _generate(options: argparse.Namespace) -> int:
    from operations.sample_province import generate_province
    from operations.sheets import SheetRefused, write_sheet

    try:
        write_sheet(options.file, generate_province(options.size, options.seed))
    except (SheetRefused, OSError) as error:
        return _refuse(str(error))
    print(f"{options.size} institutions are in {options.file}.")
    return 0


def _appoint(options: argparse.Namespace) -> int:
    return _set_administrator(options, appointed=True)


def _approve_first(options: argparse.Namespace) -> int:
    from functions.shared.errors import AppError
    from operations.administrators import NotFirst, UserUnknown, approve_first, user_id_of_phone

    try:
        user_id = options.user_id or user_id_of_phone(options.phone)
        approve_first(user_id, options.reason)
    except UserUnknown:
        return _refuse("There is no such user, or no application of theirs.")
    except NotFirst:
        return _refuse("There are administrators: one of them reviews the application.")
    except AppError as error:
        return _refuse(error.text.en)
    print(f"{user_id} is verified. Appoint them now.")
    return 0


def _dismiss(options: argparse.Namespace) -> int:
    return _set_administrator(options, appointed=False)


def _set_administrator(options: argparse.Namespace, *, appointed: bool) -> int:
    from operations.administrators import NotVerified, UserUnknown, set_administrator, user_id_of_phone

    try:
        user_id = options.user_id or user_id_of_phone(options.phone)
        changed = set_administrator(user_id, appointed=appointed)
    except UserUnknown:
        return _refuse("There is no such user. They have to sign in and bind this phone first.")
    except NotVerified:
        return _refuse("Their identity is not verified. They have to verify it in the mini-program first.")
    state = "an administrator" if appointed else "not an administrator"
    past = "is now an administrator" if appointed else "is no longer an administrator"
    print(f"{user_id} {past}." if changed else f"{user_id} is {state} already.")
    return 0


def _list_administrators(_: argparse.Namespace) -> int:
    from operations.administrators import administrators

    for user_id in administrators():
        print(user_id)
    return 0


def _trace(options: argparse.Namespace) -> int:
    from functions.identity.domain.documents import DocumentRefused, DocumentType
    from operations.trace import holders

    print("Document number: ", end="", file=sys.stderr, flush=True)
    number = sys.stdin.readline()
    try:
        found = holders(DocumentType(options.document_type), number, options.nationality)
    except (DocumentRefused, ValueError):
        return _refuse("This is not a number of such a document. A passport needs --nationality too, such as GBR.")
    for holder in found:
        print(holder.user_id, f"withdrew on {holder.withdrawn_at:%Y-%m-%d}" if holder.withdrawn_at else "verified")
    return 0 if found else _refuse("No one is or was verified with this number.")


def _same_person(options: argparse.Namespace) -> int:
    return _decide_duplicate(options, "same_person")


def _impostor(options: argparse.Namespace) -> int:
    return _decide_duplicate(options, "impostor")


def _decide_duplicate(options: argparse.Namespace, outcome: "Outcome") -> int:
    from functions.shared.errors import AppError
    from operations.persons import decide_duplicate

    try:
        progress = decide_duplicate(options.user_id, outcome, options.reason)
    except AppError as error:
        return _refuse(error.text.en)
    if progress.takes_effect_at is not None:
        print(f"The number of {progress.other_user_id} moves to {options.user_id} at {progress.takes_effect_at}.")
    else:
        print(f"{options.user_id} is joined into {progress.other_user_id}.")
    return 0


def _replace(options: argparse.Namespace) -> int:
    from functions.shared.errors import AppError
    from operations.persons import replace_entry

    try:
        replace_entry(options.user_id, options.blank_user_id, options.reason)
    except AppError as error:
        return _refuse(error.text.en)
    print(f"{options.user_id} now signs in as {options.blank_user_id} did. All its sessions ended.")
    return 0


def _take_phone(options: argparse.Namespace) -> int:
    from functions.shared.errors import AppError
    from operations.persons import take_phone

    print("Phone: ", end="", file=sys.stderr, flush=True)
    phone = sys.stdin.readline().strip()
    if not PHONE.fullmatch(phone):
        return _refuse("This is not a mobile number of mainland China.")
    try:
        taken_over = take_phone(options.user_id, phone, options.reason)
    except AppError as error:
        return _refuse(error.text.en)
    print(f"The phone is bound to {options.user_id}." + (" Another account has lost it." if taken_over else ""))
    return 0


def _carry_out(options: argparse.Namespace) -> int:
    from operations.persons import carry_out

    print(f"{carry_out(options.user_id)} steps were due and are carried out.")
    return 0


def _user_id(text: str) -> str:
    if not USER_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a user id: 32 characters, 0 to 9 and a to f")
    return text


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("give a reason")
    return text


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is less than 1")
    return count
