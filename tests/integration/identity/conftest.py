"""What the tests of identity verification share: an applicant with a resident ID, and somebody who compares faces."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.client import Http, new_user
from tests.integration.identity.applicant import COLLINS, Applicant
from tests.integration.identity.fake_faces import FakeFaces, serving
from tests.integration.shared.configured import configured

MODELS = Path(__file__).resolve().parents[3] / "build" / "imaging" / "models"


@pytest.fixture(scope="module")
def comparison_service(account: None) -> Iterator[FakeFaces]:
    """The face comparison service."""
    with serving() as fake:
        yield fake


@pytest.fixture
def faces(comparison_service: FakeFaces, aws: None) -> FakeFaces:
    """The face comparison service, which has not been called yet."""
    comparison_service.forget()
    return comparison_service


@pytest.fixture
def applicant(http: Http) -> Applicant:
    """A person whose application is in draft."""
    return Applicant.new(http, COLLINS)


@pytest.fixture
def administrator(http: Http) -> Http:
    """A signed-in administrator."""
    _, token = new_user(administrator=True)
    return http.signed_in(token)


@pytest.fixture
def text_models() -> Iterator[None]:
    """The real models of the text reader."""
    with configured(text_models_dir=str(MODELS)):
        yield
