"""The table of `make attack` cannot say that something holds which was not tried."""

from pathlib import Path

from tests.attack.__main__ import Case, Tally, holds, read, table, tally
from tests.attack.matrix import RACES, ROWS, Row

ROOT = Path(__file__).resolve().parents[2]
ONE = Row("one", ("tests/a.py", "tests/b"))


def test_every_module_of_the_table_is_there() -> None:
    """A row names modules that exist, and all of tests/attack is in a row."""
    named = [module for row in [*ROWS, RACES] for module in row.modules]
    assert [module for module in named if not (ROOT / module).exists()] == []
    here = {f"tests/attack/{path.name}" for path in (ROOT / "tests/attack").glob("test_*.py")}
    assert here - set(named) == {"tests/attack/test_table.py"}


def test_what_fails_or_does_not_run_is_lost() -> None:
    """A failed test is lost, and so is a module of which nothing ran."""
    good, bad = Case("tests/a.py", 12, held=True), Case("tests/b/test_c.py", 5, held=False)
    assert tally(ONE, [good, bad]) == Tally("one", 12, 1)
    assert not holds(tally(ONE, [good, bad]))
    assert not holds(tally(ONE, [good]))
    assert holds(tally(ONE, [good, Case("tests/b/test_c.py", 1, held=True)]))


def test_reports_are_read(tmp_path: Path) -> None:
    """Attacks are counted as the test says; skipped ones and modules that cannot be collected are lost."""
    report = tmp_path / "report.xml"
    report.write_text(
        """<testsuites><testsuite>
        <testcase file="tests/a.py" name="x"><properties><property name="attacks" value="23"/></properties></testcase>
        <testcase file="tests/a.py" name="y"><skipped/></testcase>
        <testcase classname="" name="tests.b"><error/></testcase>
        </testsuite></testsuites>"""
    )
    assert list(read(report)) == [
        Case("tests/a.py", 23, held=True),
        Case("tests/a.py", 1, held=False),
        Case("tests/b.py", 1, held=False),
    ]
    assert "It does not hold" in table([tally(ONE, list(read(report)))], 1)
