"""The command on portraits of people who were verified before they were cut out: `people portraits`."""

import argparse
from typing import Any

# The product is imported when a command runs: by then its settings are in the environment.


def add_to(people: Any) -> None:
    """Add the command to the parser of `people`."""
    done = people.add_parser("portraits", help="verified people whose portrait is not cut out of their document")
    done.add_argument("--recheck", action="store_true", help="have the portraits cut out where a document is kept")
    done.set_defaults(command=_portraits)


def _portraits(options: argparse.Namespace) -> int:
    from operations.portraits import old_portraits, recheck

    found = list(old_portraits())
    for person in found:
        print(person.user_id, person.compared_with, *person.reasons)
    if options.recheck:
        print(f"{recheck(found)} of {len(found)} are rechecked within minutes; run this again to see what is left.")
    elif not found:
        print("Every verified person has a portrait of their own.")
    return 0
