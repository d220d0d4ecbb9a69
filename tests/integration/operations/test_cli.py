"""The command line: what it says, and with which code it ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from functions.shared.table import keys
from functions.shared.table.auth import User
from operations import exporting, importing
from operations.cli import main
from tests.integration.client import new_user

pytestmark = pytest.mark.usefixtures("aws", "clock")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command: exit code, output, messages. One thread, since moto's writes are not isolated."""
    for module in (importing, exporting):
        monkeypatch.setattr(module, "ThreadPoolExecutor", lambda _: ThreadPoolExecutor(1))

    def command(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return command


def test_a_province_by_command(run: Run, tmp_path: Path) -> None:
    """Generate, look, import, export: the export is the file, and again there is nothing to do."""
    made, back = tmp_path / "province.xlsx", tmp_path / "back.csv"
    assert run("institutions", "generate", made, "--size", 25)[0] == 0
    assert run("institutions", "import", made, "--dry-run")[:2] == (0, "25 new, 0 changed, 0 as they are.\n")
    assert run("institutions", "import", made)[0] == 0
    assert run("institutions", "export", back)[:2] == (0, f"25 institutions are in {back}.\n")
    assert run("institutions", "import", back)[:2] == (0, "0 new, 0 changed, 25 as they are.\n")


def test_bad_files_are_refused(run: Run, tmp_path: Path) -> None:
    """A file that cannot be read or has bad lines ends with 1 and says why; nothing is written."""
    assert run("institutions", "import", tmp_path / "missing.csv")[0] == 1
    assert run("institutions", "export", tmp_path / "a.txt")[0] == 1
    assert run("institutions", "generate", tmp_path / "a.txt", "--size", 1)[0] == 1
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "institution_code,name,supervisor_code,category,region_code,unified_social_credit_code\nH1,,,,,\n",
        encoding="utf-8",
    )
    code, _, messages = run("institutions", "import", bad)
    assert code == 1
    assert "line 2: name: NAME_TOO_SHORT" in messages
    assert "Nothing was written." in messages


def test_administrators_come_and_go(run: Run) -> None:
    """A user is appointed by id or phone, once, and dismissed; strangers are refused."""
    user_id, _ = new_user()
    assert run("administrators", "appoint", "--user-id", user_id)[:2] == (0, f"{user_id} is an administrator now.\n")
    assert run("administrators", "appoint", "--user-id", user_id)[1].endswith("already.\n")
    assert User.get(*keys.user(user_id)).is_administrator
    assert run("administrators", "dismiss", "--user-id", user_id)[0] == 0
    assert not User.get(*keys.user(user_id)).is_administrator
    assert run("administrators", "appoint", "--phone", "13900139000")[0] == 1
    assert run("administrators", "appoint", "--user-id", "nobody")[0] == 1


def test_usage(run: Run) -> None:
    """Help ends with 0, an unknown command with 2."""
    assert run("--help")[0] == 0
    assert run("institutions", "burn")[0] == 2
