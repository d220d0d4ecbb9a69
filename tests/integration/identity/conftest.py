"""What the tests of identity verification share: an applicant with a resident ID, and somebody who compares faces.

AWS is made once for each module and emptied for each test, which is far faster than making it anew.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

from functions.shared import clients, cursors
from functions.shared.config import settings
from functions.shared.table.base import connection
from local.provision import provision
from local.template import ACCOUNT, REGION
from tests.conftest import TEMPLATE
from tests.integration.client import Http, new_user
from tests.integration.identity.applicant import COLLINS, Applicant
from tests.integration.identity.fake_faces import FakeFaces, serving
from tests.integration.shared.configured import configured

MODELS = Path(__file__).resolve().parents[3] / "build" / "imaging" / "models"


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    """Everything the template describes, in moto within this process."""
    caches = (clients.s3, clients.kms, clients.sns, clients.ssm, clients.rekognition, cursors._key)
    with mock_aws():
        for cached in caches:
            cached.cache_clear()
        connection().connection._client = None
        provision(TEMPLATE, None, retry_s=1)
        yield
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def aws(account: None) -> None:
    """The same with table and bucket empty: moto (5.2) copies the whole table for every transaction."""
    dynamodb_backends[ACCOUNT][REGION].tables[settings().table_name].items.clear()
    s3_backends[ACCOUNT]["aws"].buckets[settings().upload_bucket].keys.clear()


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
