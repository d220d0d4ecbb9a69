"""The metrics of the template catch the lines that the product really logs, and the alarms watch metrics that move.

A metric filter whose field was renamed counts nothing for ever, and its alarm stays green: so the patterns are tried
here on lines of real calls, by a small reader of the part of CloudWatch's pattern language that the template uses.
"""

import importlib
import json
import pkgutil
import re
from typing import Any

import pytest
from _pytest.monkeypatch import MonkeyPatch

import functions
from functions.evidence.recording import record
from functions.shared import clients
from functions.shared.errors import AppError
from functions.shared.table import keys
from functions.shared.table_stream import Change
from local.template import PATH
from tests.integration.auth.stage import ask_code, login, phone_user, wrong
from tests.integration.client import Http
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import timing_out
from tests.integration.shared.log_lines import LogLines

RESOURCES: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))["Resources"]
COMPARISON = re.compile(r'\$\.(\w+) (=|>=) ("?)([\w.]+)\3')


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Name → properties of the template's resources of a type."""
    return {name: made["Properties"] for name, made in RESOURCES.items() if made.get("Type") == kind}


FILTERS, ALARMS = of_type("AWS::Logs::MetricFilter"), of_type("AWS::CloudWatch::Alarm")


def catches(pattern: str, line: dict[str, Any]) -> bool:
    """Whether a filter pattern of comparisons joined by && or by || (never both) catches a line."""
    assert not ("&&" in pattern and "||" in pattern)
    comparisons = COMPARISON.findall(pattern)
    assert len(comparisons) == 1 + pattern.count("&&") + pattern.count("||"), pattern
    held = [
        field in line and (line[field] >= int(value) if sign == ">=" else line[field] == value)
        for field, sign, _, value in comparisons
    ]
    return any(held) if "||" in pattern else all(held)


def metric_of(made: dict[str, Any]) -> dict[str, Any]:
    """What a filter counts."""
    (transformation,) = made["MetricTransformations"]
    return transformation


@pytest.fixture
def lines(http: Http, monkeypatch: MonkeyPatch) -> list[dict[str, Any]]:
    """What is logged by sign-ins good and bad, a provider that fails and a bug."""
    from functions.auth import routes

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with LogLines() as logs:
        phone_user(http)
        challenge_id, code = ask_code(http, "13900139000")
        assert login(http, challenge_id, wrong(code), "13900139000").status == 422
        with timing_out(clients.sns(), "sns.Publish"):
            http.post("/auth/sms-codes", {"phone": "13700137000", "purpose": "sign_in"})
        _, me = phone_user(http, "13600136000")
        with configured(sms_newcomers_hour="1"):
            http.post("/auth/sms-codes", {"phone": "13700137001", "purpose": "sign_in"})
        monkeypatch.setattr(routes.sessions, "sessions_of", fail)
        assert me.get("/auth/sessions").status == 500
        record([Change(keys.audit_event(keys.user("somebody"), 1), "REMOVE")])
    return [json.loads(line) for line in logs.lines if line.startswith("{")]


def test_every_filter_counts(lines: list[dict[str, Any]]) -> None:
    """Each filter catches a line, and the line has the fields that its value and dimensions are read from."""
    for name, made in FILTERS.items():
        caught = [line for line in lines if catches(made["FilterPattern"], line)]
        assert caught, name
        counted = metric_of(made)
        wanted = [counted["MetricValue"], *(dimension["Value"] for dimension in counted.get("Dimensions", []))]
        for line in caught:
            assert all(line[field.removeprefix("$.")] for field in wanted if field.startswith("$.")), (name, line)


def test_what_people_did_is_counted_by_event(lines: list[dict[str, Any]]) -> None:
    """Every audit event that was written is counted once, under its name: two people came, once each."""
    pattern = FILTERS["ApiChanges"]["FilterPattern"]
    counted = [(line["event"], line["count"]) for line in lines if catches(pattern, line)]
    assert counted.count(("user_registered", 1)) == 2


def test_refusals_are_counted_by_code(lines: list[dict[str, Any]]) -> None:
    """A wrong code is a refusal under its code; what went well is none."""
    pattern = FILTERS["Refusals"]["FilterPattern"]
    refused = [line["code"] for line in lines if catches(pattern, line)]
    assert "SMS_CODE_INVALID" in refused
    assert None not in refused


def test_alarms_watch_our_metrics() -> None:
    """Each alarm on a metric of ours names one that a filter counts, with its dimensions, and tells somebody."""
    counted = {metric_of(made)["MetricName"]: metric_of(made) for made in FILTERS.values()}
    for name, alarm in ALARMS.items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        watched = [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part] or [alarm]
        for metric in watched:
            if metric["Namespace"] == {"Ref": "AWS::StackName"}:
                dimensions = {dimension["Key"] for dimension in counted[metric["MetricName"]].get("Dimensions", [])}
                assert {dimension["Name"] for dimension in metric.get("Dimensions", [])} == dimensions, name


def test_alarms_name_codes_that_exist() -> None:
    """A burst is watched for under a code that some refusal has."""
    for module in pkgutil.walk_packages(functions.__path__, "functions."):
        if module.name.endswith(".errors"):
            importlib.import_module(module.name)
    codes = {getattr(refusal, "code", None) for refusal in _all_below(AppError)}
    dimensions = [part for alarm in ALARMS.values() for part in alarm.get("Dimensions", [])]
    watched = {part["Value"] for part in dimensions if part["Name"] == "code"}
    assert watched
    assert watched <= codes


def _all_below(kind: type[AppError]) -> set[type[AppError]]:
    return {kind}.union(*(_all_below(below) for below in kind.__subclasses__()))
