"""Who may review: no one themselves, under whatever account; and whether there is another administrator.

Accounts are one person's where they are verified, or ask to be, under the same document or the same name and birth
date, or where they have the same phone.
"""

from typing import NamedTuple

from functions.shared.table import keys
from functions.shared.table.auth import Administrator, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get_many


class Party(NamedTuple):
    """A reviewer or an applicant: the account and its identity, each None where it is not there."""

    user_id: str
    user: User | None
    identity: Identity | None


class Parties(NamedTuple):
    """The two sides of a review."""

    reviewer: Party
    applicant: Party

    def are_one_person(self, phone_hash: str | None = None) -> bool:
        """Whether the reviewer is the applicant; `phone_hash` is another phone that the applicant had."""
        if self.reviewer.user_id == self.applicant.user_id:
            return True
        same_person = _hashes(self.reviewer.identity) & _hashes(self.applicant.identity)
        return bool(same_person or _phones(self.reviewer) & {*_phones(self.applicant), phone_hash})


def parties(reviewer_id: str, applicant_id: str) -> Parties:
    """Both sides. One BatchGetItem."""
    both = (reviewer_id, applicant_id)
    wanted = dict.fromkeys(key(user_id) for user_id in both for key in (keys.user, keys.identity))
    found = get_many(*wanted)
    reviewer, applicant = (
        Party(
            user_id,
            user if isinstance(user := found.get(keys.user(user_id)), User) else None,
            identity if isinstance(identity := found.get(keys.identity(user_id)), Identity) else None,
        )
        for user_id in both
    )
    return Parties(reviewer, applicant)


def is_only_reviewer(reviewer_id: str, applicant_id: str | None) -> bool:
    """Whether no other administrator could review a case of this applicant. One Query."""
    listed = {item.user_id for item in Administrator.query(keys.ADMINISTRATORS, consistent_read=True)}
    return reviewer_id in listed and not listed - {reviewer_id, applicant_id}


def _hashes(identity: Identity | None) -> set[str]:
    if identity is None:
        return set()
    hashes = (
        *(identity.person_hash, identity.verified_person_hash),
        *(identity.name_birth_hash, identity.verified_name_birth_hash),
    )
    return {one for one in hashes if one is not None}


def _phones(party: Party) -> set[str]:
    return {party.user.phone_hash} if party.user is not None and party.user.phone_hash is not None else set()
