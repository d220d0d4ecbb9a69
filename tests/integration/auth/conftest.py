"""Auth over HTTP, with WeChat on a port of its own."""

from collections.abc import Iterator

import pytest

from functions.auth import gateways
from tests.integration.shared.configured import configured
from tests.unit.auth.fake_wechat import FakeWechat


@pytest.fixture
def wechat(aws: None) -> Iterator[FakeWechat]:
    """WeChat, to which the product is pointed."""
    gateways.wechat.cache_clear()
    with FakeWechat() as server, configured(wechat_url=server.url):
        yield server
    gateways.wechat.cache_clear()
