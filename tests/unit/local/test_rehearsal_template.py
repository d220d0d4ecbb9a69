"""What the rehearsal leaves out of the template: these things, each of them told, and nothing else."""

import json
from pathlib import Path

from deployment.target import Target
from deployment.template import finished, write
from local.rehearsal.template_gaps import leave_out_unknown


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    """Alarms on metric math, rates by address and the refusal of calls without TLS, by their names."""
    template = finished(Target())
    path = tmp_path / "template.json"
    write(template, path)
    told = leave_out_unknown(path)
    left = json.loads(path.read_text(encoding="utf-8"))["Resources"]
    assert sorted(line.partition(":")[0] for line in told) == [
        "ErrorRateAlarm",
        "EvidenceBucketPolicy",
        "JobsQueuePolicy",
        "ScansQueuePolicy",
        "SelfiesQueuePolicy",
        "UploadBucketPolicy",
        "WebAcl",
        "WebAclOfTheStage",
    ]
    gone = {"ErrorRateAlarm", "SelfiesQueuePolicy", "UploadBucketPolicy", "WebAcl", "WebAclOfTheStage"}
    assert set(template["Resources"]) - set(left) == gone
    changed = {name for name, made in left.items() if made != template["Resources"][name]}
    assert changed == {"EvidenceBucketPolicy", "JobsQueuePolicy", "ScansQueuePolicy"}
    kept = left["EvidenceBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Sid"] for statement in kept] == ["OnlyTheFunctionsWrite", "NobodyRemoves"]
    (kept,) = left["ScansQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert kept["Effect"] == "Allow"
