"""Withdrawing the consent: the verification ends at once, and everything that the consent covers is erased.

What stands in the table ends in one transaction. The images cannot be part of it, so the messages that have them erased
(`erasure`) go into the queue first, delayed: whoever dies in between leaves either nothing to erase, or messages on
their way. Nobody withdraws who is manager or assistant of a grant: what they do there would be nobody's. So the call of
the API ends their roles first (`grants.resignation`).
"""

from functions.identity import gateways, store
from functions.identity.domain.applications import next_status
from functions.identity.errors import PlaceHeld
from functions.shared import audit, clock
from functions.shared.errors import TooManyRequests
from functions.shared.limits import Limit, take
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, decide_again

# What tells nothing about the person. The failures are counts and times: withdrawing is no way around a limit.
_KEPT = {
    *("pk", "sk", "kind", "user_id", "version", "chain_hash"),
    *("scan_failed_at", "face_failed_at", "face_paused_until"),
}
FORMER_OWNER_KEPT_S = 3 * 365 * 86_400  # docs/adr/0013
_AN_HOUR = 10
_HOUR_S = 3_600


def withdraw_consent(user_id: str) -> None:
    """End the verification and erase; without a consent nothing changes, but a pending erasure is sent for again.

    Raises `PlaceHeld`, `TooManyRequests`.
    """
    identity = store.identity(user_id)
    if identity is None or (identity.consent_version is None and identity.erasing_since is None):
        return
    take(Limit("withdrawal_hour", user_id, _AN_HOUR, _HOUR_S), TooManyRequests)
    gateways.send_erasures(user_id)
    end_verification(user_id)


@decide_again
def end_verification(user_id: str) -> None:
    """Do what a withdrawal does in the table: four round trips. Raises `PlaceHeld`."""
    identity, user = store.identity(user_id), store.account(user_id)
    if user is None or identity is None or identity.consent_version is None:
        return
    # After the account: a place that is taken from now on moves what the account is demanded to be below.
    if store.holds_place(user_id):
        raise PlaceHeld
    now = clock.now()
    revision = int(identity.revision) + 1
    status = next_status(identity.status, "withdraw")
    erased = [
        attribute.remove()
        for name, attribute in Identity.get_attributes().items()
        if name not in {*_KEPT, "status", "revision", "erasing_since"}
    ]
    left = [Identity.status.set(status), Identity.revision.set(revision), Identity.erasing_since.set(now)]
    tx = Transaction()
    detail = {"version": identity.consent_version, "was": identity.status, "revision": revision}
    audit.change(tx, identity, [*left, *erased], "consent_withdrawn", actor=user_id, detail=detail)
    _end_on_account(tx, user)
    if identity.verified_person_hash is not None:
        person_hash = str(identity.verified_person_hash)
        store.release_document(tx, person_hash, user_id)
        if user.places_taken:
            store.remember_document(tx, person_hash, user_id, now, clock.after(FORMER_OWNER_KEPT_S))
    tx.commit()


def _end_on_account(tx: Transaction, user: User) -> None:
    """Only a verified person has a work unit, so it ends too."""
    no_new_place = User.places_taken == user.places_taken
    if not user.places_taken:
        no_new_place |= User.places_taken.does_not_exist()
    actions = [User.identity_status.set("unverified"), User.name_masked.remove(), *User.without_work_unit()]
    detail = {"was": user.identity_status, "work_unit": user.work_unit_code}
    audit.change(tx, user, actions, "identity_withdrawn", actor=user.user_id, detail=detail, condition=no_new_place)
