"""The journey of a business down the hierarchy, over HTTP."""

import pytest

from functions.grants.history import verify_chain
from functions.identity.applications import ApplicationInput
from functions.identity.domain.documents import DocumentType
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.identity import FaceCheck
from functions.shared.table.transactions import get
from tests.integration.grants.builders import (
    CITY,
    CLINIC,
    EXAM,
    HOSPITAL,
    PROVINCE,
    TOWN,
    Tree,
    grant_of,
    someone,
    verified_by,
)

NOW = "2026-11-22T08:00:00Z"


def test_a_business_goes_down_the_hierarchy_and_comes_back(world: Tree) -> None:
    """Province, city, hospital, an assistant, a successor; then revoked, and the old manager may do nothing."""
    province, city, hospital, helper, successor = (world.person() for _ in range(5))
    roots = world.admin.list("root").body["items"]
    assert [(one["institution"]["institution_code"], one["status"]) for one in roots] == [(PROVINCE, "vacant")]

    code = world.admin.issue(PROVINCE).body["grant_code"]
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    taken = province.redeem(code.lower().replace("-", " "))
    assert taken.status == 201, taken
    grant = taken.body["grant"]
    assert (grant["status"], grant["business"]["state"], grant["institution"]["name"]) == (
        "active",
        "open",
        "机构420000",
    )
    assert grant["manager"] == {"user_id": province.user_id, "name_masked": "柯**", "since": NOW}
    assert province.phone.get("/auth/me").body["user"]["roles"] == [
        {
            "business": EXAM,
            "business_name": "资格考试",
            "institution_code": PROVINCE,
            "institution_name": f"机构{PROVINCE}",
            "role": "manager",
        }
    ]
    me = province.console.get("/auth/me").body
    assert (me["session"]["client"], me["may"]) == ("console", ["use_console"])
    assert province.phone.get("/auth/me").body["user"]["work_unit"]["institution_code"] == PROVINCE
    assert User.get(*keys.user(province.user_id)).has_work_unit_by_grant(EXAM, PROVINCE)

    assert city.redeem(province.issue(CITY).body["grant_code"]).status == 201
    assert province.issue(TOWN).status == 201
    listed = province.list(PROVINCE).body["items"]
    assert [one["status"] for one in listed] == ["active", "code_issued"]
    assert listed[0]["institution"]["supervisor"] == {"institution_code": PROVINCE, "name": "机构420000"}
    assert (listed[0]["grant_code"], listed[0]["manager_name_masked"]) == (None, "柯**")
    assert listed[1]["grant_code"] is not None

    assert hospital.redeem(city.issue(HOSPITAL).body["grant_code"]).status == 201
    invitation = hospital.invite(HOSPITAL).body
    assert helper.accept(invitation["invitation_code"]).status == 200
    assert helper.phone.get(f"/grants/{EXAM}/{HOSPITAL}").body["assistants"] == [
        {"user_id": helper.user_id, "name_masked": "柯**", "since": NOW}
    ]
    handed = successor.accept(hospital.invite(HOSPITAL, "manager").body["invitation_code"])
    assert handed.body["grant"]["manager"]["user_id"] == successor.user_id
    assert hospital.phone.get("/grants/mine").body["items"] == []
    assert hospital.phone.get(f"/grants/{EXAM}/{HOSPITAL}").code == "FORBIDDEN"

    assert city.revoke(HOSPITAL).status == 204
    for nobody in (successor, helper):
        assert nobody.phone.get("/grants/mine").body["items"] == []
        assert nobody.phone.get(f"/grants/{EXAM}/{HOSPITAL}").code == "FORBIDDEN"
    assert province.revoke(CITY).status == 204
    assert city.issue(HOSPITAL).code == "PLACE_ENDED"
    assert city.list(CITY).code == "PLACE_ENDED"
    assert city.phone.get("/auth/me").body["may"] == []

    told = province.console.get(f"/console/grants/{EXAM}/{CITY}/history").body["items"]
    assert [(one["event"], one["epoch"]) for one in told] == [
        ("grant_revoked", 2),
        ("grant_redeemed", 1),
        ("grant_code_issued", 1),
    ]
    assert told[0]["text"].startswith("柯**解除了授权，柯**不再是业务负责人。")
    assert verify_chain(EXAM, HOSPITAL).first_invalid_version is None
    assert verify_chain(EXAM, HOSPITAL).events == 7


def test_redeeming_keeps_a_work_unit_and_consumes_the_face_check(world: Tree) -> None:
    """A work unit that is set stays; the face check is used up by the grant."""
    person = world.person()
    User.new(keys.user(person.user_id)).update(actions=[User.work_unit_code.set(CLINIC)])
    code = world.code(CITY)
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    assert person.redeem(code, check).status == 201
    user, used = get(User, keys.user(person.user_id)), get(FaceCheck, keys.face_check(person.user_id, check))
    assert user is not None
    assert used is not None
    assert (user.work_unit_code, used.status) == (CLINIC, "consumed")


def test_direct_grant(world: Tree) -> None:
    """A superior who issued a code names a verified person, who is then the manager; the code is taken."""
    city, person = world.manager(CITY), world.person("欧阳娜")
    code = city.issue(HOSPITAL).body["grant_code"]
    answer = city.name_directly(HOSPITAL, "欧阳娜", person.number.lower())
    assert answer.status == 200, answer
    assert answer.body["grant"]["status"] == "active"
    assert grant_of(HOSPITAL).manager_id == person.user_id
    mine = person.phone.get("/grants/mine").body["items"]
    assert [(one["institution"]["institution_code"], one["role"], one["grant_status"]) for one in mine] == [
        (HOSPITAL, "manager", "active")
    ]
    late = world.person().phone.post("/identity/face-checks", {"purpose": "grant_redemption", "grant_code": code})
    assert late.code == "GRANT_TAKEN"


@pytest.mark.parametrize(
    "typed",
    [
        ApplicationInput(DocumentType.RESIDENCE_PERMIT, "陈大文", "810000199408230021"),
        ApplicationInput(DocumentType.FOREIGN_PERMANENT_RESIDENT, "Anna Maria Eriksson", "911124198108030024"),
        ApplicationInput(DocumentType.PASSPORT, "Grace Anne Harper", "925076473", nationality="GBR"),
        ApplicationInput(DocumentType.PASSPORT, "Grace Anne Harper", "H09843210", nationality="GBR"),  # like a permit's
        ApplicationInput(DocumentType.HK_MACAU_PERMIT, "陈大文", "H1234567801"),
        ApplicationInput(DocumentType.TAIWAN_PERMIT, "陈小美", "12345678"),
    ],
    ids=lambda typed: typed.document_type,
)
def test_a_direct_grant_finds_every_kind_of_document(world: Tree, typed: ApplicationInput) -> None:
    """By name and number, a passport's with the nationality; a later issue of a permit is still the person's."""
    person = world.person()
    verified_by(person.user_id, typed)
    world.code(HOSPITAL)
    more = {"nationality": typed.nationality.lower()} if typed.nationality else {}
    if more:
        assert world.admin.name_directly(HOSPITAL, typed.name, typed.number).code == "PERSON_NOT_VERIFIED"
        other = world.admin.name_directly(HOSPITAL, typed.name, typed.number, nationality="USA")
        assert other.code == "PERSON_NOT_VERIFIED"
    number = typed.number.replace("01", "02") if typed.number == "H1234567801" else typed.number
    answer = world.admin.name_directly(HOSPITAL, typed.name, number, **more)
    assert answer.status == 200, answer
    assert grant_of(HOSPITAL).manager_id == person.user_id


def test_a_nationality_does_not_hide_other_documents(world: Tree) -> None:
    """Given with a number that no passport has, it is left aside."""
    person = world.person()
    world.code(HOSPITAL)
    assert world.admin.name_directly(HOSPITAL, person.name, person.number, nationality="CHN").status == 200


def test_an_administrator_does_not_name_themselves(world: Tree) -> None:
    """Another administrator may: anyone who hands on does not take on."""
    code = world.code(PROVINCE)
    assert world.admin.name_directly(PROVINCE, world.admin.name, world.admin.number).code == "OWN_AUTHORITY"
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    assert world.admin.phone.post("/identity/face-checks", wanted).code == "OWN_AUTHORITY"
    other = someone(world.http, administrator=True)
    assert other.name_directly(PROVINCE, world.admin.name, world.admin.number).status == 200
    assert grant_of(PROVINCE).manager_id == world.admin.user_id
