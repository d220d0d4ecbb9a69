"""What holds of accounts after any sequence of calls with genuine and forged cards, tried at random.

- An account is one person: once verified, neither the face in force nor name and birth date change, until the person
  withdraws. Reviewers are honest: they approve as the same person only what is, and never as another one.
- A number belongs to one verified account, whose identity says so.
- Every chain of events is whole.
"""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from functions.identity.domain.evidence import Extracted
from functions.identity.photo_check import Verdict
from functions.shared import audit, clients
from functions.shared.config import settings as product_settings
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Owner
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get
from tests.integration.client import Http, new_user
from tests.integration.identity.applicant import Applicant, numbered, photo_of, put_upload
from tests.integration.identity.conftest import comparison_service, faces
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.made_photos import note_in

__all__ = ["comparison_service", "faces"]

EXAMPLES, STEPS = 4, 14
QUEUE = "/admin/identity-applications"
PEOPLE, ACCOUNTS = ("柯爱琳", "何慧"), 3
_births = itertools.count()
account = st.integers(0, ACCOUNTS - 1)
someone = st.integers(0, len(PEOPLE) - 1)


class Accounts(RuleBasedStateMachine):
    """Two people with two documents each, three accounts, and a reviewer who is honest."""

    http: Http

    @initialize()
    def begin(self) -> None:
        """No one is verified; no one was ever verified with these numbers."""
        days = [next(_births) for _ in PEOPLE]
        births = [date(1960, 1, 1) + timedelta(days=one) for one in days]
        self.documents = [[numbered(f"420106{birth:%Y%m%d}{sequence:03d}") for sequence in (2, 4)] for birth in births]
        self.accounts = [Applicant.new(self.http) for _ in range(ACCOUNTS)]
        self.reviewer = self.http.signed_in(new_user(administrator=True)[1])
        self.was: dict[int, tuple[str, str]] = {}
        # What each comparison alone holds: one person sells under the other's name, one with the other's face.
        for which, name, portrait in ((1, 0, 1), (0, 0, 1)):
            self.verified_anew(which, which)
            self.an_account_is_one_person()
            assert which in self.was
            self.sell(which, name, 1, portrait)

    @rule(which=account, whose=someone, document=st.integers(0, 1), actor=someone)
    def apply(self, which: int, whose: int, document: int, actor: int) -> None:
        """Apply with a document of somebody's, with the actor's face where the account asks for one."""
        person = self.accounts[which]
        details = {"document_type": "resident_id", "name": PEOPLE[whose], "number": self.documents[whose][document]}
        proof = self._face(person, actor, "account")
        person.apply(details | ({"face_check_id": proof} if proof is not None else {}))

    @rule(which=account, portrait=someone, selfie=someone)
    def scan_and_submit(self, which: int, portrait: int, selfie: int) -> None:
        """A card with this portrait, genuine or forged, this selfie, and the submission."""
        person = self.accounts[which]
        for side in ("front", "back"):
            body = {"side": side, "content_type": "image/jpeg", "size": 1_000}
            answer = person.http.post("/identity/scans", body)
            if answer.status == 201:
                cut_out = photo_of(PEOPLE[portrait]) if side == "front" else None
                person.decide(answer.body, Verdict([], photo_of(PEOPLE[portrait]), Extracted(), cut_out))
        self._face(person, selfie, "identity")
        person.submit()

    @rule(which=account, whose=someone)
    def verified_anew(self, which: int, whose: int) -> None:
        """The honest way from the application to the submission."""
        self.apply(which, whose, 0, whose)
        self.scan_and_submit(which, whose, whose)

    @rule(which=account, details=someone, document=st.integers(0, 1), portrait=someone)
    def sell(self, which: int, details: int, document: int, portrait: int) -> None:
        """The person in force helps: their face for the application, then a card of any details and portrait."""
        held = self.was.get(which)
        if held is not None:
            self.apply(which, details, document, PEOPLE.index(held[0]))
            self.scan_and_submit(which, portrait, portrait)

    @rule(which=account, approves=st.booleans())
    def review(self, which: int, approves: bool) -> None:
        """The reviewer approves what is the account's person's, and rejects anything else."""
        person = self.accounts[which]
        identity = person.identity
        if identity.status != "in_review":
            return
        opened = self.reviewer.get(f"{QUEUE}/{person.user_id}").body
        decision: dict[str, Any] = {"revision": int(identity.revision)}
        held = self.was.get(which)
        same = held is None or held == (self._face_of_front(identity), opened["name"])
        if approves and same and opened["other"] is None:
            decision |= {"decision": "approve"} | ({"person": "same_person"} if held is not None else {})
        else:
            decision |= {"decision": "reject", "reason_code": "OTHER", "comment": "请补充"}
        self.reviewer.post(f"{QUEUE}/{person.user_id}/decision", decision)

    @rule(which=account, actor=someone)
    def withdraw(self, which: int, actor: int) -> None:
        """The person, or somebody else with the session, withdraws the consent."""
        person = self.accounts[which]
        proof = self._face(person, actor, "account")
        answer = person.http.delete("/identity/consent" + (f"?face_check_id={proof}" if proof is not None else ""))
        held = self.was.get(which)
        if held is not None and held[0] != PEOPLE[actor]:
            assert answer.status != 204
        if answer.status == 204:
            self.was.pop(which, None)
            self.accounts[which] = Applicant.new(self.http)  # the erasure takes a quarter of an hour

    @invariant()
    def an_account_is_one_person(self) -> None:
        """Neither face nor name of a verified account has changed."""
        for which, person in enumerate(self.accounts):
            identity = person.identity
            if identity.is_in_force:
                is_now = (self._face_at(identity.portrait_key), self._name(identity))
                assert self.was.setdefault(which, is_now) == is_now
                number = keys.document_owner(str(identity.verified_person_hash))
                owner = get(Owner, number)
                assert owner is not None
                assert owner.user_id == person.user_id

    @invariant()
    def a_number_is_one_accounts(self) -> None:
        """Anyone who owns a number is verified with it."""
        for number in itertools.chain(*self.documents):
            person_hash = keyed_hash("document", f"resident_id:{number}")
            owner = get(Owner, keys.document_owner(person_hash))
            if owner is not None:
                identity = get(Identity, keys.identity(owner.user_id))
                assert identity is not None
                assert identity.verified_person_hash == person_hash

    def teardown(self) -> None:
        """Every chain is whole."""
        for person in self.accounts:
            assert audit.first_invalid_version(person.events(), person.identity) is None

    def _face(self, person: Applicant, actor: int, purpose: str) -> str | None:
        answer = person.http.post("/identity/face-checks", {"purpose": purpose})
        if answer.status != 201:
            return None
        put_upload(answer.body["upload"], photo_of(PEOPLE[actor]))
        check_id = str(answer.body["face_check_id"])
        return check_id if person.compare(check_id).body.get("status") == "passed" else None

    def _face_of_front(self, identity: Identity) -> str:
        return self._face_at(identity.front["portrait_key"]) if identity.front is not None else ""

    @staticmethod
    def _face_at(key: str | None) -> str:
        stored = clients.s3().get_object(Bucket=product_settings().upload_bucket, Key=str(key))["Body"].read()
        (shown,) = note_in(stored)["faces"]
        return str(shown)

    @staticmethod
    def _name(identity: Identity) -> str:
        return next(name for name in PEOPLE if name[0] == str(identity.verified_name_masked)[0])


def test_accounts_through_any_sequence(http: Http, faces: FakeFaces) -> None:
    """Whatever is called in whatever order: an account is one person."""

    class Here(Accounts):
        pass

    Here.http = http
    config = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.generate],  # to shrink a failure takes minutes
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=config)
