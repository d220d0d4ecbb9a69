"""What a change to who a verified account is requires: its person, by a fresh face check for the account."""

from functions.shared import face_proofs
from functions.shared.errors import FaceCheckRequired
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction


def require_person(identity: Identity, face_check_id: str | None) -> None:
    """Require a valid face check of purpose `account` before something else happens; it is not used up here.

    Raises `FaceCheckRequired`. At most one read.
    """
    if not identity.can_pass_face_check:
        return
    check = face_proofs.find(identity.user_id, face_check_id) if face_check_id is not None else None
    if not face_proofs.is_valid_for(check, face_proofs.account_subject(identity.user_id)):
        raise FaceCheckRequired


def require_person_in(tx: Transaction, identity: Identity, face_check_id: str | None) -> None:
    """Add the use of a face check of purpose `account`, where there is a portrait that one can be passed with.

    Anyone who was verified without a portrait cannot pass one, and must be able to change a document and to withdraw
    all the same. Raises `FaceCheckRequired`, at once or from the commit.
    """
    if not identity.can_pass_face_check:
        return
    if face_check_id is None:
        raise FaceCheckRequired
    subject = face_proofs.account_subject(identity.user_id)
    face_proofs.consume_in(tx, identity.user_id, face_check_id, subject, on_failure=FaceCheckRequired)
