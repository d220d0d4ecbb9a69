"""Those who have come just far enough for one step: made once, by HTTP; the scene goes back to how they stood."""

from dataclasses import dataclass, field

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from tests.integration.auth.stage import account, ask_code, phone_user
from tests.integration.client import Http, new_user
from tests.integration.grants.builders import Someone, someone
from tests.integration.identity.applicant import HARPER, Applicant, photo_of, resident
from tests.integration.institutions.builders import added, registration
from tests.unit.auth.fake_wechat import phone_info

REGISTRANTS_PHONE = "13711110005"
LOGIN_PHONE, BOUND_PHONE, JOINED_PHONE, WECHAT_PHONE = "13711110001", "13711110002", "13711110003", "13711110004"
TAKEN_PHONE, REPLACED_PHONE = "13711110006", "13711110007"
# What WeChat answers, by path, however often it is asked.
WECHAT = {
    "/sns/jscode2session": {"openid": "oSTEP", "session_key": "k"},
    "/cgi-bin/stable_token": {"access_token": "t", "expires_in": 7_200},
    "/wxa/business/getuserphonenumber": phone_info(WECHAT_PHONE),
}


@dataclass
class Steppers:
    """Who takes the steps, by the name that a row's `who` has, and what their bodies and paths need."""

    callers: dict[str, Http] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)


def steppers(http: Http, admin: Someone) -> Steppers:
    """All of them, each just before their step."""
    made = Steppers()
    _phones(http, made)
    _entries(http, made)
    consented, drafted = Applicant.new(http), Applicant.new(http, resident(902))
    scanned, ready, traveller = (
        Applicant.new(http, details) for details in (resident(903), resident(904), _passport("925076474"))
    )
    for side in ("front", "back"):
        scanned.accept(side)
    made.things["selfie_check"] = scanned.selfie(photo_of("collins"))
    ready.ready()
    traveller.ready()
    waiting, rejected = _in_review(http, "925076475"), _in_review(http, "925076476")
    closed_out, claimed = Applicant.new(http, resident(905)), _in_review(http, "925076477")
    closed_out.close_scanning()
    case = f"/admin/identity-applications/{claimed.user_id}"
    assert (admin.phone.post(f"{case}/claim").status, admin.phone.get(case).status) == (200, 200)
    made.things["id_of_claimed"] = claimed.user_id
    refusal = {"decision": "reject", "reason_code": "OTHER", "comment": "请补充材料", "revision": 1}
    decided = admin.phone.post(f"/admin/identity-applications/{rejected.user_id}/decision", refusal)
    assert decided.status == 200, decided
    made.things["id_of_waiting"] = waiting.user_id
    _institutions(http, admin, made)
    made.callers |= {
        "consented": consented.http,
        "drafted": drafted.http,
        "closed_out": closed_out.http,
        "scanned": scanned.http,
        "ready": ready.http,
        "ready_traveller": traveller.http,
        "rejected": rejected.http,
        "contested": _contested(http, made),
    }
    return made


def _institutions(http: Http, admin: Someone, made: Steppers) -> None:
    """One to be renamed and moved below another, and a registration below that; all of them findable."""
    above = added(admin.phone, "新主管单位")
    made.things |= {"moved_institution": added(admin.phone, "待改名医院"), "its_new_supervisor": above}
    registrant = phone_user(http, REGISTRANTS_PHONE)[1]
    registered = registrant.post("/institutions/registrations", registration("待纳入医院", above))
    assert registered.status == 201, registered
    made.things["right_registration"] = registered.body["registration_id"]


def _phones(http: Http, made: Steppers) -> None:
    """Codes that have come by SMS, for a phone that is no one's, and for one that somebody else signs in with."""
    phone_user(http, JOINED_PHONE)
    for name, phone, purpose in (
        ("login", LOGIN_PHONE, "sign_in"),
        ("binding", BOUND_PHONE, "bind_phone"),
        ("joining", JOINED_PHONE, "bind_phone"),
    ):
        made.things[f"{name}_challenge"], made.things[f"{name}_code"] = ask_code(http, phone, purpose)
    for name in ("newcomer_binding", "newcomer_joining"):
        made.callers[name] = http.signed_in(new_user()[1])
    made.things["consent_version"] = made.callers["newcomer_binding"].get("/identity/consent").body["version"]


def _entries(http: Http, made: Steppers) -> None:
    """A newcomer who has somebody's number now, and a verified person with a face check, a phone and a new WeChat."""
    former, _ = phone_user(http, TAKEN_PHONE)
    account(former).update(actions=[User.wechat_openid.set("oFORMER")])
    made.things["taking_challenge"], made.things["taking_code"] = ask_code(http, TAKEN_PHONE, "bind_phone")
    made.callers["newcomer_taking"] = http.signed_in(new_user()[1])
    person = someone(http)
    challenge_id, code = ask_code(http, REPLACED_PHONE, "bind_phone")
    proof = {"challenge_id": challenge_id, "phone": REPLACED_PHONE, "code": code}
    check = person.face_check(purpose="account")
    assert person.phone.post("/auth/phone", {**proof, "face_check_id": check}).status == 200
    made.things["account_check"] = person.face_check(purpose="account")
    made.callers["returning"] = person.phone


def _contested(http: Http, made: Steppers) -> Http:
    """A verified person whose number was decided to be somebody else's, with a face check to object by."""
    person = someone(http)
    identity = Identity.new(keys.identity(person.user_id))
    identity.update(actions=[Identity.contested_by.set("0" * 32), Identity.contested_until.set(clock.after(3_600))])
    made.things["objection_check"] = person.face_check(purpose="account")
    return person.phone


def _passport(number: str) -> dict[str, str]:
    return {**HARPER, "number": number}


def _in_review(http: Http, number: str) -> Applicant:
    person = Applicant.new(http, _passport(number))
    person.ready()
    assert person.submit().body["status"] == "in_review"
    return person
