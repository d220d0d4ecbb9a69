"""Every operation of the contract and every event function, in one scene, counted."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from functions.auth import gateways
from functions.evidence.events import keep_evidence
from functions.identity import case_search
from functions.shared import clients, cursors, idempotency
from functions.shared import clock as product_clock
from functions.shared.derived_codes import CONFIRMATION_CODE, GRANT_CODE
from functions.shared.derived_keys import chain_key, derived_key
from tests.call_costs import directory, grants, people
from tests.call_costs.ledger import Ledger
from tests.call_costs.recorder import Cost, Recorder
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.evidence import streamed
from tests.integration.grants.builders import CITY, HOSPITAL
from tests.integration.shared.configured import configured
from tests.races.face_service import FaceService
from tests.unit.auth.fake_wechat import FakeWechat


def counted() -> dict[str, Cost]:
    """The rows, on the AWS that the clients go to, whose table is empty. A few seconds."""
    from app import app

    with _outside() as (wechat, clock), Recorder.hearing() as recorder:
        ledger, http = Ledger(recorder), Http(app)
        cursors._key()
        idempotency._hash_key()
        for kind in (GRANT_CODE, CONFIRMATION_CODE):
            derived_key(kind.purpose)
        derived_key("console-session/1")
        chain_key("functions")
        derived_key(case_search.PURPOSE)
        ledger.count("GET /healthz", lambda: http.get("/healthz"))
        people.sign_in(ledger, http, wechat, clock)
        world, children = directory.build(http)
        city = world.manager(CITY)
        people.sign_in_to_the_console(ledger, http, wechat, clock, city)
        people.verify(ledger, http, clock)
        people.review(ledger, http, world.admin.phone)
        directory.look_and_change(ledger, world)
        directory.register(ledger, world)
        directory.belong(ledger, world.person(), HOSPITAL)
        directory.keep_the_code(ledger, city.console, CITY)
        grants.offer(ledger, world)
        grants.take_on(ledger, world, city)
        grants.work_in_bulk(ledger, city, children)
        batch = streamed.batch(streamed.audit_keys()[:25])
        ledger.count("evidence: 25 audit events", lambda: keep_evidence(batch))
        return ledger.rows


@contextmanager
def _outside() -> Iterator[tuple[FakeWechat, Clock]]:
    """WeChat, a face service that sees the same face everywhere, and a clock that stands."""
    clock = Clock()
    with FakeWechat() as wechat, FaceService() as faces, pytest.MonkeyPatch.context() as patch:
        patch.setattr(product_clock, "now", clock.now)
        patch.setitem(os.environ, "AWS_ENDPOINT_URL_REKOGNITION", faces.endpoint)
        for cached in (clients.rekognition, gateways.wechat):
            cached.cache_clear()
        with configured(wechat_url=wechat.url):
            yield wechat, clock
        for cached in (clients.rekognition, gateways.wechat):
            cached.cache_clear()
