"""Claims: who has a name below a supervisor or a credit code, and how many registrations ask for it.

Only an institution claims. Registrations are counted beside it, so that anyone who takes a name or code knows without a
further read whether any registration asks for it (`institutions.waiting`).
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from functions.institutions.details import Details
from functions.institutions.domain.names import normalize
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.institutions import Claim
from functions.shared.table.transactions import Transaction


def claim_keys(details: Details) -> tuple[keys.Key, keys.Key]:
    """Where an institution claims its name and its credit code, and a registration asks for them."""
    name = keys.name_claim(details.supervisor_code, normalize(details.name))
    return name, keys.credit_code_claim(details.credit_code)


class _Holder(NamedTuple):
    institution_code: str
    registration_id: str | None


class ClaimChanges:
    """The changes of claims in one transaction, one write for each claim whatever happens to it.

    `standing` are the claims as they were read, `to_come` is how many other writes the transaction is to have yet.
    The commit raises `VersionConflict` where a claim that is taken or freed has changed since, or where another
    registration has started to ask for it.
    """

    def __init__(self, standing: Mapping[keys.Key, Claim], to_come: int = 0) -> None:
        self.standing = dict(standing)
        self.to_come = to_come
        self._taken: dict[keys.Key, _Holder] = {}
        self._freed: set[keys.Key] = set()
        self._kept: set[keys.Key] = set()
        self._cleared: dict[keys.Key, str] = {}
        self._waiting: Counter[keys.Key] = Counter()
        self._arrivals: Counter[keys.Key] = Counter()
        self._rejected: Counter[keys.Key] = Counter()

    def __len__(self) -> int:
        """How many writes and conditions they are."""
        return len(self._concerned())

    def take(self, key: keys.Key, institution_code: str, registration_id: str | None = None) -> None:
        """An institution has the name or code, which no institution had; `registration_id` is where it came from."""
        self._taken[key] = _Holder(institution_code, registration_id)

    def free(self, key: keys.Key) -> None:
        """An institution gives the name or code up."""
        self._freed.add(key)

    def keep(self, key: keys.Key) -> None:
        """The claim must still be what was read."""
        self._kept.add(key)

    def arrive(self, key: keys.Key) -> None:
        """One registration more asks for it, which no institution may have."""
        self._waiting[key] += 1
        self._arrivals[key] += 1

    def leave(self, key: keys.Key) -> None:
        """One registration less asks for it."""
        self._waiting[key] -= 1

    def count_rejected(self, key: keys.Key, by: int) -> None:
        """One more, or one less, was rejected that asked for it."""
        self._rejected[key] += by

    def clear(self, key: keys.Key, registration_id: str) -> None:
        """Remove the claim of a registration from before they were counted, where it has one."""
        claim = self.standing.get(key)
        if claim is not None and not claim.has_institution and claim.registration_id == registration_id:
            self._cleared[key] = registration_id

    def waiting_change(self, key: keys.Key) -> int:
        """How many more registrations ask for it afterwards."""
        return self._waiting[key]

    def write_in(self, tx: Transaction) -> None:
        """Add all of it to a transaction."""
        for key in self._concerned():
            standing = self.standing.get(key)
            holder = self._taken.get(key)
            counts = self._counts(key)
            if holder is not None and standing is None and not counts:
                claim = Claim.new(key, status="included", decided_at=clock.now(), **holder._asdict())
                tx.put(claim, Item.pk.does_not_exist())
            elif key in self._freed and standing is not None and self._is_empty(key, standing):
                tx.delete(standing, _still(standing))
            elif actions := [*counts, *self._holding(key), *self._times(key)]:
                tx.update(Claim.new(key), actions, self._condition(key))
            else:
                tx.check(Claim, key, self._condition(key))

    def _concerned(self) -> list[keys.Key]:
        counted = {key for counts in (self._waiting, self._rejected) for key, by in counts.items() if by}
        return sorted({*self._taken, *self._freed, *self._kept, *self._cleared, *self._arrivals, *counted})

    def _counts(self, key: keys.Key) -> list[Any]:
        every = ((Claim.waiting, self._waiting), (Claim.arrivals, self._arrivals), (Claim.rejected, self._rejected))
        return [attribute.add(counts[key]) for attribute, counts in every if counts[key]]

    def _times(self, key: keys.Key) -> list[Any]:
        """When a registration came, and when one was decided."""
        came = [Claim.submitted_at.set(clock.now())] if self._arrivals[key] else []
        decided = [Claim.decided_at.set(clock.now())] if key in self._taken or self._rejected[key] > 0 else []
        return [*came, *decided]

    def _holding(self, key: keys.Key) -> list[Any]:
        """What happens to the holder; a claim that begins with this write is given its kind."""
        holder = self._taken.get(key)
        if holder is not None:
            origin = Claim.registration_id
            return [
                Claim.kind.set(Claim),
                Claim.status.set("included"),
                Claim.institution_code.set(holder.institution_code),
                origin.set(holder.registration_id) if holder.registration_id is not None else origin.remove(),
            ]
        gone = [Claim.status.remove(), Claim.registration_id.remove()]
        if key in self._freed:
            return [*gone, Claim.institution_code.remove()]
        return [*(gone if key in self._cleared else []), *([Claim.kind.set(Claim)] if self._arrivals[key] else [])]

    def _is_empty(self, key: keys.Key, standing: Claim) -> bool:
        waiting = int(standing.waiting or 0) + self._waiting[key]
        return not waiting and not int(standing.rejected or 0) + self._rejected[key]

    def _condition(self, key: keys.Key) -> Any:
        standing = self.standing.get(key)
        if key in self._taken or key in self._freed or key in self._kept:
            condition = Item.pk.does_not_exist() if standing is None else _still(standing)
        elif self._arrivals[key]:
            condition = Claim.status.does_not_exist() | (Claim.status != "included")
        else:
            condition = Item.pk.exists()
        if key in self._cleared:
            condition &= Claim.registration_id == self._cleared[key]
        if self._waiting[key] < 0:
            condition &= Claim.waiting >= -self._waiting[key]
        if self._rejected[key] < 0:
            condition &= Claim.rejected >= -self._rejected[key]
        return condition


def _still(standing: Claim) -> Any:
    """The condition that the holder is the one that was read, and that no registration has come since."""
    same = Item.pk.exists()
    for attribute, value in (
        (Claim.status, standing.status),
        (Claim.registration_id, standing.registration_id),
        (Claim.institution_code, standing.institution_code),
        (Claim.arrivals, standing.arrivals),
    ):
        same &= attribute.does_not_exist() if value is None else attribute == value
    return same
