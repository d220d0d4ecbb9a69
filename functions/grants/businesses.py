"""Businesses: made and maintained by administrators; their days are dates in Shanghai, the last one included."""

from datetime import date

import msgspec

from functions.grants import display_names, store
from functions.grants.errors import BusinessChanged, BusinessExists
from functions.shared import audit
from functions.shared.errors import FieldError, Invalid, NotFound, Text
from functions.shared.table import keys
from functions.shared.table.grants import Business
from functions.shared.table.transactions import Transaction, retry_on_conflict


class Details(msgspec.Struct, frozen=True):
    """What an administrator can say of a business; `entry_url` is shown to its managers on the days it is open."""

    name: str
    entry_url: str
    opens_on: date
    closes_on: date


def check(details: Details) -> Details:
    """The details, if they fit together. Raises `Invalid`."""
    if details.closes_on < details.opens_on:
        too_early = Text("结束日期不能早于开始日期。", "The last day cannot be before the first.")
        raise Invalid(FieldError("closes_on", "BEFORE_OPENING", too_early))
    return details


def all_codes() -> list[str]:
    """Return the codes of all businesses. One Query for each hundred."""
    codes: list[str] = []
    after: str | None = None
    while True:
        page, after = store.businesses(100, after)
        codes += [one.business for one in page]
        if after is None:
            return codes


@retry_on_conflict
def create(code: str, details: Details, *, actor: str) -> Business:
    """A new business. Raises `Invalid`, `BusinessExists`."""
    told = _told(check(details))
    made = Business.new(keys.business(code), business=code, gsi1pk=keys.BUSINESSES, gsi1sk=code, **told)
    tx = Transaction()
    audit.create(tx, made, "business_created", actor=actor, detail=told, on_failure=BusinessExists)
    tx.commit()
    display_names.clear_cache()
    return made


@retry_on_conflict
def amend(code: str, details: Details, *, actor: str, revision: int | None = None) -> Business:
    """The business with these details; the same ones again change nothing.

    `revision` is the version that the details were written from, where only that one is to be changed. Raises
    `NotFound`, `Invalid`, `BusinessChanged`.
    """
    now = store.business(code)
    if now is None:
        raise NotFound
    told = _told(check(details))
    before = {name: getattr(now, name) for name in told}
    if before == told:
        return now
    if revision is not None and revision != int(now.version):
        raise BusinessChanged
    tx = Transaction()
    actions = [getattr(Business, name).set(value) for name, value in told.items()]
    audit.change(tx, now, actions, "business_amended", actor=actor, detail={"before": before, "after": told})
    tx.commit()
    display_names.clear_cache()
    return store.business(code) or now


def _told(details: Details) -> dict[str, str]:
    return {
        "name": details.name,
        "entry_url": details.entry_url,
        "opens_on": details.opens_on.isoformat(),
        "closes_on": details.closes_on.isoformat(),
    }
