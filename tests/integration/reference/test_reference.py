"""Reference data: public, in the caller's language, kept by clients until it changes."""

import pytest

from functions.identity.domain.documents import DocumentType, parse_nationality, parse_number
from functions.identity.domain.documents.nationalities import NATIONALITIES
from functions.institutions.domain.categories import CATEGORIES
from functions.shared import clock
from tests.integration.client import Http

PATH, REGIONS = "/reference", "/reference/regions"


@pytest.fixture
def http() -> Http:
    """The app, of which nothing here reads the table."""
    from app import app

    return Http(app)


def test_forms_find_what_they_offer(http: Http) -> None:
    """Every document type with a valid example, every nationality, category and reason, each with its text."""
    body = http.get(PATH).body
    assert {one["document_type"] for one in body["document_types"]} == set(DocumentType)
    for one in body["document_types"]:
        nationality = "CHN" if one["needs_nationality"] else None
        parsed = parse_number(
            DocumentType(one["document_type"]), one["number_example"], today=clock.today(), nationality=nationality
        )
        assert parsed.value == one["number_example"]
    passport = next(one for one in body["document_types"] if one["document_type"] == "passport")
    assert (passport["sides"], passport["needs_nationality"]) == (["front"], True)
    codes = [one["code"] for one in body["nationalities"]]
    assert codes == sorted(NATIONALITIES)
    assert all(parse_nationality(code) == code for code in codes)
    names = {one["code"]: one["name"] for one in body["nationalities"]}
    assert (names["CHN"], names["TWN"], names["GBR"]) == ("中国", "中国台湾", "英国")
    assert [one["category"] for one in body["categories"]] == list(CATEGORIES)
    assert all(one["detail"] for name in body if name.endswith(("rejections", "reasons")) for one in body[name])
    assert {"code": "OTHER", "detail": "未通过审核。"} in body["registration_rejections"]
    assert body["limits"]["upload_max_bytes"] == 8 * 1024 * 1024
    assert body["limits"]["assistants"] == 5


def test_what_only_reviewers_see_is_left_out(http: Http) -> None:
    """Reasons that would tell an applicant of somebody else are no part of a public list."""
    codes = {one["code"] for one in http.get(PATH).body["review_reasons"]}
    assert "under_review" in codes
    assert not codes & {"duplicate_person", "possible_duplicate", "other_person"}


def test_it_speaks_english(http: Http) -> None:
    """The texts are in the caller's language, and a cache keeps the two apart."""
    chinese, english = http.get(PATH), http.get(PATH, **{"Accept-Language": "en"})
    assert english.body["categories"][1] == {"category": "综合医院", "name": "General hospital"}
    assert chinese.headers["etag"] != english.headers["etag"]
    assert english.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize("path", [PATH, REGIONS])
def test_what_a_client_has_is_not_sent_again(http: Http, path: str) -> None:
    """With the ETag of the answer, also a weak one or one of several, it is 304 without a body; else all of it."""
    first = http.get(path)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=3600"
    for sent in (etag, f"W/{etag}", f'"other", {etag}'):
        again = http.get(path, **{"If-None-Match": sent})
        assert (again.status, again.body, again.headers["etag"]) == (304, None, etag)
        assert again.headers["cache-control"] == "public, max-age=3600"
    for sent in ('"other"', "", etag[1:-1]):
        assert http.get(path, **{"If-None-Match": sent}).body == first.body


def test_regions_lead_from_province_to_county(http: Http) -> None:
    """Provinces, their prefectures and the counties that they govern themselves, then counties."""
    provinces = {one["region_code"]: one for one in http.get(REGIONS).body["items"]}
    assert len(provinces) == 34 + 1  # and the one that the settings add
    assert provinces["420000"] == {"region_code": "420000", "name": "湖北省", "has_parts": True}
    assert provinces["710000"]["has_parts"] is False
    hubei = {one["region_code"]: one["name"] for one in http.get(f"{REGIONS}?parent=420000").body["items"]}
    assert (hubei["420100"], hubei["429004"]) == ("武汉市", "仙桃市")
    wuhan = [one["name"] for one in http.get(f"{REGIONS}?parent=420100").body["items"]]
    assert "江岸区" in wuhan
    assert {"region_code": "110105", "name": "朝阳区", "has_parts": False} in http.get(f"{REGIONS}?parent=110000").body[
        "items"
    ]
    for nothing in ("420102", "999999"):
        assert http.get(f"{REGIONS}?parent={nothing}").body["items"] == []
    assert http.get(f"{REGIONS}?parent=42").status == 422
