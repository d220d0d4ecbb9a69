"""Which fields of a document disagree with what was typed, by the one rule for new photos and kept ones."""

import pytest

from functions.identity.domain.agreement import disagreeing
from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.evidence import ReadText

COLLINS = Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190025")
HARPER = Person(DocumentType.PASSPORT, "Grace Anne Harper", "925076473", nationality="GBR")
CHAN = Person(DocumentType.HK_MACAU_PERMIT, "陳美玲", "H12345678")


@pytest.mark.parametrize(
    ("person", "read", "fields"),
    [
        (COLLINS, ReadText("柯爱琳", COLLINS.number), []),
        (COLLINS, ReadText("柯爱林", COLLINS.number), ["name"]),
        (COLLINS, ReadText("柯爱琳", "420106198611190026"), ["number"]),
        (COLLINS, ReadText("柯爱林", "420106198611190026"), ["name", "number"]),
        (COLLINS, ReadText(), ["name", "number"]),
        (HARPER, ReadText("HARPER GRACE ANNE", "925076473", "GBR"), []),
        (HARPER, ReadText("HARPER GRACE ANNE", "925076473", "USA"), ["nationality"]),
        (HARPER, ReadText("HARPER GRACE", "925076474", None), ["name", "number", "nationality"]),
        (CHAN, ReadText("CHAN MEI LING", "H1234567801"), []),  # another script, and the number of a reissue
        (CHAN, ReadText("陳美玲", "H12345679"), ["number"]),
        (CHAN, ReadText("陳美玲", "not a number"), ["number"]),
    ],
)
def test_every_field_that_disagrees(person: Person, read: ReadText, fields: list[str]) -> None:
    """All of them, each by the rule of its document."""
    assert disagreeing(read, person) == fields
