"""Codes that are computed: the same from the same nonce, all equally likely, and older ones kept."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.shared import derived_keys, ids
from functions.shared.clients import kms
from functions.shared.crockford import parse_code
from functions.shared.derived_codes import CONFIRMATION_CODE, GRANT_CODE, CodeKind, adopt_code, derive_code

KINDS = st.sampled_from([GRANT_CODE, CONFIRMATION_CODE])
CONTEXTS = st.lists(st.text(max_size=12) | st.integers(0, 10**6), max_size=3)
# The account is made once for the module; no example changes it.
in_one_account = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.usefixtures("aws")
@in_one_account
@given(KINDS, CONTEXTS, st.text(min_size=1, max_size=40))
def test_a_code_is_a_function_of_its_context_and_nonce(kind: CodeKind, context: list[str | int], nonce: str) -> None:
    """Asked again it is the same; it has the kind's length and alphabet; another context or nonce gives another one."""
    code = derive_code(kind, *context, nonce=nonce)
    assert derive_code(kind, *context, nonce=nonce) == code
    assert len(code) == kind.length
    assert set(code) <= set(kind.alphabet)
    others = [derive_code(kind, *context, "more", nonce=nonce), derive_code(kind, *context, nonce=f"{nonce}0")]
    assert code not in others


@pytest.mark.usefixtures("aws")
@in_one_account
@given(KINDS, CONTEXTS, st.data())
def test_a_code_that_is_older_than_its_nonce_stays_the_same(
    kind: CodeKind, context: list[str | int], data: st.DataObject
) -> None:
    """An adopted code is computed again from nonce and offset, and neither of them holds it."""
    code = data.draw(st.text(kind.alphabet, min_size=kind.length, max_size=kind.length))
    adopted = adopt_code(kind, code, *context)
    assert derive_code(kind, *context, nonce=adopted.nonce, offset=adopted.offset) == code
    again = adopt_code(kind, code, *context)
    assert again.nonce != adopted.nonce
    assert again.offset != adopted.offset


@pytest.mark.usefixtures("aws")
def test_all_codes_are_equally_likely() -> None:
    """Over many nonces no character is rare in any place, and no code comes twice."""
    codes = [derive_code(CONFIRMATION_CODE, "420100", nonce=ids.new_id()) for _ in range(4_000)]
    assert len(set(codes)) == len(codes)
    for place in range(CONFIRMATION_CODE.length):
        at = [code[place] for code in codes]
        assert all(120 < at.count(letter) < 280 for letter in CONFIRMATION_CODE.alphabet)  # 200 expected, deviation 14
    assert CONFIRMATION_CODE.alphabet == "BCDFGHJKLMNPQRSTVWXZ"
    assert parse_code(derive_code(GRANT_CODE, nonce="x")) == derive_code(GRANT_CODE, nonce="x")
    assert len(GRANT_CODE.alphabet) ** GRANT_CODE.length == 2**80


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("odd", ["", "BCDFGHJ", "BCDFGHJKL", "BCDFGHJA"])
def test_what_is_no_code_of_the_kind_is_not_adopted(odd: str) -> None:
    """Too short, too long, or a letter that the alphabet lacks."""
    with pytest.raises(ValueError, match=r"characters|substring"):
        adopt_code(CONFIRMATION_CODE, odd)


@pytest.mark.usefixtures("aws")
def test_a_list_of_codes_needs_one_call_of_a_process() -> None:
    """The key of a purpose is derived once; a hundred codes are computed without a call."""
    derived_keys.derived_key.cache_clear()
    calls: list[str] = []
    events = kms().meta.events

    def heard(model: object, **_: object) -> None:
        calls.append(str(model))

    events.register("before-call", heard)
    try:
        codes = {derive_code(GRANT_CODE, "exam", "H1", epoch, nonce="n") for epoch in range(100)}
    finally:
        events.unregister("before-call", heard)
    assert (len(codes), len(calls)) == (100, 1)


@pytest.mark.usefixtures("aws")
def test_purposes_have_keys_of_their_own() -> None:
    """What is computed for one purpose says nothing about another."""
    assert derived_keys.derived_key("grant-code/1") != derived_keys.derived_key("confirmation-code/1")
    assert len(derived_keys.derived_key("grant-code/1")) == 32
