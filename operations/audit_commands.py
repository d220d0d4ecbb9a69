"""The commands on the audit trail and on stored secrets: `audit verify`, `audit migrate`, `secrets migrate`."""

import argparse
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from operations.terminal import refuse

if TYPE_CHECKING:
    from functions.evidence.hours import HourFinding
    from functions.evidence.verification import Verdict

NOT_VERIFIED = 3  # the exit code where it is not known whether trails are whole
KINDS = ("grant", "user", "identity", "institution", "registration", "business", "job")
_SAYS = {
    "missing": "is missing, or not of this trail",
    "altered": "was altered",
    "not_keyed": "is not keyed, where the trail must be",
    "not_attested": "is of a version before the keyed chain: run `health-talent audit migrate` once",
    "not_recorded": "has no record in the evidence bucket",
    "contradicted": "is another one than that recorded in the evidence bucket",
}
_HOURS_SAY = {
    "missing": "are missing, so that nothing says what was recorded then",
    "altered": "do not follow from the hour before",
    "written_again": "were written again later; what was written first is compared",
    "contradicted": "ended with another event than the table has",
}


def add_to(areas: Any) -> None:
    """Add the commands to a parser's areas."""
    audits = areas.add_parser("audit", help="the audit trail").add_subparsers(required=True, metavar="DO")
    done = audits.add_parser(
        "verify", help="check that no event is missing, altered or unlike its record in the evidence"
    )
    done.add_argument("kind", nargs="?", choices=KINDS, help="what the id is of")
    done.add_argument("id", nargs="*", help="its id; of a grant: the code of the business, then of the institution")
    done.add_argument("--all", action="store_true", help="every trail of which there is evidence")
    done.set_defaults(command=_verify)
    done = audits.add_parser("migrate", help="attest the trails of versions before the keyed chain, once")
    done.set_defaults(command=_attest)
    stored = areas.add_parser("secrets", help="codes that are stored in the table").add_subparsers(
        required=True, metavar="DO"
    )
    done = stored.add_parser("migrate", help="replace codes that earlier versions stored in clear, once")
    done.set_defaults(command=_adopt)


# The product is imported when a command runs: by then its settings are in the environment.


def _verify(options: argparse.Namespace) -> int:
    from operations.evidence import EvidenceFailed, verify

    if options.all == (options.kind is not None):
        return refuse("Say which one (such as: grant exam-2026 420100100001), or --all.")
    try:
        return _verify_all() if options.all else _show(verify(options.kind, options.id))
    except ValueError as error:
        return refuse(error)
    except (EvidenceFailed, BotoCoreError, ClientError, PynamoDBException) as error:
        refuse(f"The check ended before its time: it does not say that the trails are whole. Why: {error}")
        return NOT_VERIFIED


def _verify_all() -> int:
    from tqdm import tqdm

    from operations.evidence import verify_all, verify_hours

    wrong = []
    with tqdm(unit=" trails") as bar:
        for verdict in verify_all():
            bar.update()
            if verdict.problem is not None:
                wrong.append(_what_is_wrong(verdict))
        trails = int(bar.n)
    with tqdm(unit=" hours") as bar:
        findings = verify_hours(bar.update)
        hours = int(bar.n)
    if wrong or findings:
        counted = f"{len(wrong)} of {trails} trails are not whole; {len(findings)} findings in {hours} hours."
        return refuse(*wrong, *map(_what_is_wrong_with_an_hour, findings), counted)
    print(f"All {trails} trails of which there is evidence are whole, and so are the heads of {hours} hours.")
    return 0


def _what_is_wrong_with_an_hour(finding: "HourFinding") -> str:
    if finding.pk is None:
        return f"The heads of {finding.hour} (UTC): {_HOURS_SAY[finding.problem]}."
    return f"The heads of {finding.hour} (UTC): {finding.pk} / {finding.sk} {_HOURS_SAY[finding.problem]}."


def _show(verdict: "Verdict") -> int:
    if verdict.problem is not None:
        return refuse(_what_is_wrong(verdict))
    if not verdict.events:
        return refuse("No events for it: check the id.")
    keyed = f"keyed from event {verdict.keyed_from} on" if verdict.keyed_from else "all of them attested as plain"
    print(f"{verdict.events} events, none of them missing or altered; {keyed}.")
    return 0


def _what_is_wrong(verdict: "Verdict") -> str:
    return f"{verdict.pk} / {verdict.sk}: event {verdict.wrong} {_SAYS[str(verdict.problem)]}."


def _attest(_: argparse.Namespace) -> int:
    from tqdm import tqdm

    from operations.evidence import EvidenceFailed, attest_all

    try:
        with tqdm(unit=" trails") as bar:
            broken = attest_all(bar.update)
    except EvidenceFailed as error:
        return refuse(f"The migration ends before its time. What is done stays; run it again to go on. Why: {error}")
    if broken:
        lines = [f"{key.pk} / {key.sk}: its plain events are not whole, or came after the migration." for key in broken]
        return refuse(*lines, "Find out why; a migration that is open stays open until they are whole.")
    print("Every trail of an earlier version is attested; from now on only keyed events are believed.")
    return 0


def _adopt(_: argparse.Namespace) -> int:
    from tqdm import tqdm

    from functions.grants import businesses
    from operations.evidence import EvidenceFailed, adopt_all
    from operations.exporting import export_rows
    from operations.writers import TableUnavailable

    try:
        codes = [row.institution_code for row in export_rows(lambda _: None)]
        runs = businesses.all_codes()
        with tqdm(total=len(codes) * (1 + len(runs)), unit=" codes") as bar:
            adopted = adopt_all(codes, runs, bar.update)
    except (EvidenceFailed, TableUnavailable) as error:
        return refuse(f"The migration ends before its time. What is done stays; run it again to go on. Why: {error}")
    print(f"{adopted} codes were in clear; none is now.")
    return 0
