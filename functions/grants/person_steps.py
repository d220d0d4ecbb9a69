"""Carrying out what follows for grants when a verified person changes: a new name, the end of the roles.

The steps wait in the table (`PersonStep`), written in the transaction that decided the change. A message asks for
those of one user at once; an hourly one asks for all that are due. Each grant is one transaction, and a step is deleted
in the last one, so anyone who comes next continues where a run ended.

    rename             the masked name in every grant of the person
    impostor           the roles of the older account end, then the number moves (`identity.duplicates`)
    document_expiry    90 days after the end of the document: the roles end, then the account is unverified
"""

from collections.abc import Callable

from functions.grants import role_changes
from functions.identity import duplicates, expiry, steps
from functions.identity.errors import RoleHeld
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.identity import PersonStep
from functions.shared.table.transactions import VersionConflict

_AT_ONCE = 50
_TRIES = 5
NEEDED_S = 60  # for one step, whatever has to be tried again


def carry_out_due(seconds_left: Callable[[], float]) -> int:
    """Carry out every step that is due, while there is time; returns how many. The next run tries the others again."""
    done, tried = 0, set[keys.Key]()
    while fresh := [step for step in steps.due(_AT_ONCE + len(tried)) if step.key not in tried]:
        for step in fresh:
            if seconds_left() < NEEDED_S:
                return done
            tried.add(step.key)
            done += _try(step)
    return done


def carry_out_of(user_id: str) -> int:
    """Carry out the steps of one user that are due; returns how many. Raises what a step raises."""
    due = steps.due_of(user_id)
    for step in due:
        _carry_out(step)
    return len(due)


def _try(step: PersonStep) -> bool:
    try:
        _carry_out(step)
    except Exception:  # noqa: BLE001 - one person's step must not keep the others from theirs; the alarm is on the log
        logger.exception("person_step_failed", user_id=step.user_id, step=step.step)
        return False
    return True


def _carry_out(step: PersonStep) -> None:
    user_id = str(step.user_id)
    if step.step == "rename":
        role_changes.rename(user_id)
        steps.complete(step)
    elif step.step == "impostor":
        _carry_out_impostor(user_id)
    else:
        _carry_out_expiry(user_id)
    logger.info("person_step_done", user_id=user_id, step=step.step)


def _carry_out_impostor(user_id: str) -> None:
    other = duplicates.impostor_due(user_id)
    if other is not None:
        _ending_roles(other, lambda: duplicates.move_number(user_id), reason="identity_ended")


def _carry_out_expiry(user_id: str) -> None:
    if expiry.is_over(user_id):
        _ending_roles(user_id, lambda: expiry.end_verification(user_id), reason="document_expired")


def _ending_roles(user_id: str, then: Callable[[], None], *, reason: str) -> None:
    """End the roles of a user, then do what requires that there is none; again where one was accepted in between."""
    for _ in range(_TRIES):
        role_changes.end_roles(user_id, reason=reason)
        try:
            then()
        except RoleHeld:
            continue
        return
    raise VersionConflict
