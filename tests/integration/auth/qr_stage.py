"""What the QR sign-in tests share: a PC, phones of people with and without a place in a grant, a look at a ticket."""

from typing import Any

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.auth import QrLogin, User
from functions.shared.table.grants import Grant, Role
from functions.shared.table.transactions import get
from tests.integration.client import Answer, Http, new_user

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Pc:
    """A browser that shows a QR code and polls."""

    def __init__(self, http: Http, **headers: str) -> None:
        self.http = http
        answer = http.post("/auth/qr-logins", **{"User-Agent": BROWSER, **headers})
        assert answer.status == 201, answer
        self.shown: dict[str, Any] = answer.body
        self.path = f"/auth/qr-logins/{self.shown['qr_login_id']}"

    @property
    def number(self) -> str:
        """The number it shows."""
        return str(self.shown["match_number"])

    @property
    def wrong_number(self) -> str:
        """Another number."""
        return "10" if self.number != "10" else "11"

    @property
    def ticket(self) -> QrLogin:
        """The ticket in the table."""
        found = get(QrLogin, keys.qr_login(self.shown["qr_login_id"]))
        assert found is not None
        return found

    def poll(self, secret: str | None = None) -> Answer:
        """One poll, with its own secret unless another one is given."""
        return self.http.get(self.path, **{"X-Poll-Secret": secret or self.shown["poll_secret"]})

    def scan(self, phone: Http) -> Answer:
        """A phone scans the code."""
        return phone.post(f"{self.path}/scan")

    def confirm(self, phone: Http, number: str | None = None) -> Answer:
        """A phone chooses a number, the one that is shown unless another one is given."""
        return phone.post(f"{self.path}/confirmation", {"number": number or self.number})

    def deny(self, phone: Http) -> Answer:
        """A phone refuses."""
        return phone.post(f"{self.path}/denial")


def administrator(http: Http) -> Http:
    """The phone of an administrator."""
    return http.signed_in(new_user(administrator=True)[1])


def place_holder(  # noqa: PLR0913 - what makes a place good or not
    http: Http,
    role: str = "manager",
    *,
    identity_status: str = "verified",
    grant_status: str = "active",
    still_in_grant: bool = True,
    institution_code: str = "420000100001",
) -> tuple[str, Http]:
    """A user with a place in a grant, as the items say it: user id and phone."""
    user_id, token = new_user()
    User.new(keys.user(user_id)).update(actions=[User.identity_status.set(identity_status)])
    give_place(
        user_id, role, grant_status=grant_status, still_in_grant=still_in_grant, institution_code=institution_code
    )
    return user_id, http.signed_in(token)


def give_place(
    user_id: str, role: str, *, grant_status: str = "active", still_in_grant: bool = True, institution_code: str
) -> None:
    """Write a grant with the user in it, and that they hold the place."""
    business = "title-review-2026"
    holds = user_id if still_in_grant else "somebody-else"
    Grant.new(
        keys.grant(business, institution_code),
        business=business,
        institution_code=institution_code,
        status=grant_status,
        epoch=2,
        activated_at=clock.now(),
        manager_id=holds if role == "manager" else "the-manager",
        assistants=[holds] if role == "assistant" else [],
    ).save()
    place = keys.role(user_id, business, institution_code)
    Role.new(place, business=business, institution_code=institution_code, role=role, epoch=2).save()
