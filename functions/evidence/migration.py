"""Migrations that need the functions' keys: plain chains are attested, codes in clear become nonces.

Each step can be done again without effect. A chain is attested while the migration is open and nothing is kept of it,
so that afterwards no plain chain can take the place of a keyed one.
"""

from collections.abc import Sequence

from functions.evidence import gateways, store
from functions.evidence.gateways import MIGRATED, Record, chain_name
from functions.shared import audit
from functions.shared.derived_codes import CONFIRMATION_CODE, GRANT_CODE, adopt_code
from functions.shared.observability import logger
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Institution
from functions.shared.table.keys import Key
from functions.shared.table.transactions import get_many, update_if


def attest(things: Sequence[Key]) -> list[Key]:
    """Attest the plain beginnings of chains; the things whose plain events are not whole, which no one attests.

    Once the migration is closed, nothing is attested any more: what was not by then is among those.
    """
    return [key for key in things if not _attest(key)]


def _attest(key: Key) -> bool:
    kept = list(gateways.records(chain_name(key)))
    if any(record.plain for record in kept):
        return True
    is_closed = gateways.is_migrated()
    first_keyed = min((record.version for record in kept), default=None)
    previous, version = "", 0
    for event in store.events(key):
        if event.keyed_by is not None:
            return event.previous_hash == previous and _keep(key, version, previous)
        if is_closed or (first_keyed is not None and int(event.version) >= first_keyed):
            return False  # it was keyed before
        version += 1
        if (int(event.version), event.previous_hash) != (version, previous) or event.hash != audit.event_hash(event):
            return False
        previous = event.hash
    head = store.head(key)
    unchanged = head is None or (head.version, head.chain_hash) == (version, previous)
    return unchanged and _keep(key, version, previous)


def _keep(key: Key, version: int, hash_: str) -> bool:
    if version:
        gateways.write(Record(key, version, hash_, plain=True).name)
    return True


def close() -> None:
    """End the migration of plain chains, for good."""
    gateways.write(MIGRATED)
    logger.info("audit_migration_closed")


def adopt_codes(places: Sequence[Key]) -> int:
    """Replace the codes in clear of up to 100 grants and institutions by nonces; how many there were.

    The codes stay the same, so this is no change in the life of either and has no event. What changes meanwhile has a
    new code, and none in clear.
    """
    adopted = 0
    for item in get_many(*places).values():
        if isinstance(item, Grant) and item.code is not None:
            adopted += _adopt_grant(item, item.code)
        elif isinstance(item, Institution) and item.confirmation_code is not None:
            adopted += _adopt_institution(item, item.confirmation_code)
    return adopted


def _adopt_grant(grant: Grant, code: str) -> bool:
    new = adopt_code(GRANT_CODE, code, grant.business, grant.institution_code, int(grant.epoch))
    actions = [Grant.code_nonce.set(new.nonce), Grant.code_offset.set(new.offset), Grant.code.remove()]
    return update_if(grant, actions, (Grant.code == code) & (Grant.epoch == grant.epoch))


def _adopt_institution(institution: Institution, code: str) -> bool:
    new = adopt_code(CONFIRMATION_CODE, code, institution.institution_code)
    actions = [
        Institution.confirmation_nonce.set(new.nonce),
        Institution.confirmation_offset.set(new.offset),
        Institution.confirmation_code.remove(),
    ]
    return update_if(institution, actions, Institution.confirmation_code == code)
