"""The commands on the audit trail and on stored secrets: `audit verify`, `audit migrate`, `secrets migrate`."""

import argparse
from typing import TYPE_CHECKING, Any

from operations.terminal import refuse

if TYPE_CHECKING:
    from functions.evidence.verification import Verdict

KINDS = ("grant", "user", "identity", "institution", "registration", "business", "job")
_SAYS = {
    "missing": "is missing, or not of this trail",
    "altered": "was altered",
    "not_keyed": "is not keyed, where the trail must be",
    "not_attested": "is of a version before the keyed chain: run `health-talent audit migrate` once",
    "not_recorded": "has no record in the evidence bucket",
    "contradicted": "is another one than that recorded in the evidence bucket",
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
    except (EvidenceFailed, ValueError) as error:
        return refuse(error)


def _verify_all() -> int:
    from tqdm import tqdm

    from operations.evidence import verify_all

    wrong = [verdict for verdict in tqdm(verify_all(), unit=" trails") if verdict.problem is not None]
    if wrong:
        return refuse(*map(_what_is_wrong, wrong), f"{len(wrong)} trails are not whole.")
    print("All trails of which there is evidence are whole.")
    return 0


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
