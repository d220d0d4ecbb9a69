"""Whether the validity printed on a document is one that a genuine document can have.

A document is valid from today or before, and from no earlier than its holder's birth. A resident ID card also has a
term that depends on the age at issue (居民身份证法, article 5): 5 years under 16, 10 years from 16 to 25, 20 years from
26 to 45, long-term from 46. Issuing offices differ in which day counts, so an age that is a year off still fits.
"""

from datetime import date, timedelta

from functions.identity.domain.documents import DocumentType

LONG_TERM = None
# From this age at issue, a card is valid for this many years.
TERMS: tuple[tuple[int, int | None], ...] = ((0, 5), (16, 10), (26, 20), (46, LONG_TERM))
AGE_TOLERANCE_YEARS = 1
# Cards end on the day they begin, or the day before; a term from 29 February ends on a neighbouring day.
END_TOLERANCE = timedelta(days=2)


def is_plausible(
    document_type: DocumentType, birth: date | None, valid_from: date | None, valid_until: date | None, today: date
) -> bool:
    """Whether a document that begins and ends then (None: long-term) can have been issued to this person.

    What was not read (`valid_from` None) or is not known of the person (`birth` None) is not judged.
    """
    if valid_from is None:
        return True
    if valid_from > today or (birth is not None and valid_from < birth):
        return False
    if document_type is not DocumentType.RESIDENT_ID or birth is None:
        return True
    return any(_ends(valid_from, years, valid_until) for years in terms_at(age_on(valid_from, birth)))


def age_on(day: date, birth: date) -> int:
    """Full years of age. Somebody born on 29 February comes of age on 1 March in other years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def terms_at(age: int) -> set[int | None]:
    """The terms in years, None for long-term, that a card issued at this age may have."""
    return {_term(max(0, age + off)) for off in range(-AGE_TOLERANCE_YEARS, AGE_TOLERANCE_YEARS + 1)}


def _term(age: int) -> int | None:
    return next(years for begins, years in reversed(TERMS) if age >= begins)


def _ends(valid_from: date, years: int | None, valid_until: date | None) -> bool:
    if years is LONG_TERM or valid_until is None:
        return (years is LONG_TERM) == (valid_until is None)
    return abs(valid_until - _years_after(valid_from, years)) <= END_TOLERANCE


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
