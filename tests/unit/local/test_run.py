"""The local run before it starts."""

from local.run import Ports, Run


def test_two_runs_do_not_share_their_logs() -> None:
    """A run deletes the logs of the one before on its port, and no others."""
    one, other = (Run(Ports(port, port + 1, port + 2), {}) for port in (8000, 8010))
    assert one.logs != other.logs
    assert one.logs.name == "8000"
