"""Tests reach this machine alone."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_no_other_host_is_reached() -> None:
    """A connection to another host fails before anything is sent (TEST-NET-1, RFC 5737)."""
    with (
        socket.socket() as client,
        pytest.warns(UserWarning, match=r"192\.0\.2\.1"),
        pytest.raises(SocketConnectBlockedError),
    ):
        client.connect(("192.0.2.1", 443))
