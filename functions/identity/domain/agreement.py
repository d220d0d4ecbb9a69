"""Which fields of a document disagree with what its person typed: the one rule, for a new photo and for a kept one."""

from datetime import date

from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentRefused, DocumentType, parse_number
from functions.identity.domain.evidence import ReadField, ReadText
from functions.identity.domain.names import same_name

# These print the name in more than one script, so only the number has to agree; a reviewer sees the rest.
_SEVERAL_SCRIPTS = {
    DocumentType.HK_MACAU_PERMIT,
    DocumentType.TAIWAN_PERMIT,
    DocumentType.FOREIGN_PERMANENT_RESIDENT,
}


def disagreeing(read: ReadText, person: Person) -> list[ReadField]:
    """Return the fields that were read and are not the person's; a field that was not read disagrees."""
    fields: list[ReadField] = []
    if person.document_type not in _SEVERAL_SCRIPTS and (read.name is None or not same_name(read.name, person.name)):
        fields.append("name")
    if read.number is None or not _same_number(read.number, person):
        fields.append("number")
    if person.document_type is DocumentType.PASSPORT and read.nationality != person.nationality:
        fields.append("nationality")
    return fields


def _same_number(read: str, person: Person) -> bool:
    """Equal; or, of permits, by what identifies the person: the number of a reissue may be printed or left out."""
    if person.document_type not in _SEVERAL_SCRIPTS:
        return read == person.number
    try:
        number = parse_number(person.document_type, read, today=date.max, as_printed=True)
        typed = parse_number(person.document_type, person.number, today=date.max, as_printed=True)
    except DocumentRefused:
        return False
    return number.person_key == typed.person_key
