"""What must be true of a platform after everything that befell it: no half-write, no double effect, nothing lost."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import boto3.session

from functions.shared import audit
from functions.shared.limits import Counter as LimitCounter
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import Owner, User
from functions.shared.table.base import Audited, Item
from functions.shared.table.grants import Grant, GrantCode, Job, Role
from functions.shared.table.identity import FaceCheck, Identity, Scan
from functions.shared.table.institutions import Institution, Registration
from local.run import Platform
from local.template import REGION, Template

# What happens once to a thing, or once for each of what these details name.
ONCE: dict[str, tuple[str, ...]] = {
    "user_registered": (),
    "institution_created": (),
    "business_created": (),
    "registration_submitted": (),
    "registration_included": (),
    "job_created": (),
    "job_finished": (),
    "scan_requested": ("scan_id",),
    "scan_accepted": ("scan_id",),
    "scan_rejected": ("scan_id",),
    "face_check_requested": ("face_check_id",),
    "face_check_passed": ("face_check_id",),
    "face_check_failed": ("face_check_id",),
    "grant_code_issued": ("epoch",),
    "grant_redeemed": ("epoch",),
    "grant_assigned": ("epoch",),
    "grant_revoked": ("epoch",),
    "manager_resigned": ("epoch",),
    "invitation_created": ("invitation_id",),
    "invitation_withdrawn": ("invitation_id",),
}
KINDS = (User, Owner, Identity, Scan, FaceCheck, Institution, Registration, Grant, GrantCode, Role, Job, LimitCounter)


class Aftermath:
    """Everything there is when it is over, read past the functions."""

    def __init__(self, platform: Platform) -> None:
        session = boto3.session.Session("local", "local", region_name=REGION)
        self._client: Any = lambda service: session.client(service, endpoint_url=platform.aws_url)
        self._template = Template()
        pages = self._client("dynamodb").get_paginator("scan").paginate(TableName=self._template.name_of("Table"))
        self.items: list[Item] = [Item.from_raw_data(raw) for page in pages for raw in page["Items"]]

    def _chain_key(self, signer: str) -> bytes:
        """The key of a signer, derived as the platform's functions and commands derive it."""
        key, message = {
            "functions": ("FUNCTIONS_KEY_ID", "derived-key:audit-chain/1"),
            "operator": ("HASH_KEY_ID", "audit-chain-key:1"),
        }[signer]
        mac: bytes = self._client("kms").generate_mac(
            KeyId=self._template.environment()[key], MacAlgorithm="HMAC_SHA_256", Message=message.encode()
        )["Mac"]
        return mac

    def of(self, kind: type[Any]) -> list[Any]:
        """All items of a kind."""
        return [item for item in self.items if isinstance(item, kind)]

    def events(self) -> dict[tuple[str, str], list[AuditEvent]]:
        """The events of each thing, by its partition and sort key, in order."""
        told: dict[tuple[str, str], list[AuditEvent]] = defaultdict(list)
        for event in sorted(self.of(AuditEvent), key=lambda one: one.sk):
            thing = str(event.sk).removeprefix("AUDIT#").rpartition("#")[0]
            told[str(event.pk), thing].append(event)
        return told

    def wrong(self) -> list[str]:
        """Everything that is not as it must be; empty when all is well."""
        return [
            *self._broken_chains(),
            *self._happened_twice(),
            *self._unfinished(),
            *self._owners(),
            *self._grants(),
            *self._images(),
            *self._queues(),
        ]

    def never_begun(self) -> int:
        """How many jobs stand queued: made, and no one has looked at them since."""
        return sum(job.status == "queued" for job in self.of(Job))

    def _broken_chains(self) -> Iterable[str]:
        told = self.events()
        things: dict[tuple[str, str], Any] = {(item.pk, item.sk): item for item in self.of(Audited)}
        for place in {*told, *things}:
            # A grant that is vacant for good keeps its item; whatever has events and is not there is half-written.
            thing = things.get(place)
            if thing is None or audit.first_invalid_version(told[place], thing, self._chain_key) is not None:
                yield f"the chain of {place} is broken"

    def _happened_twice(self) -> Iterable[str]:
        for place, events in self.events().items():
            seen = Counter(
                (one.event, *(one.detail[name] for name in ONCE[one.event])) for one in events if one.event in ONCE
            )
            yield from (f"{place}: {what} happened {times} times" for what, times in seen.items() if times > 1)

    def _unfinished(self) -> Iterable[str]:
        yield from (f"scan {scan.scan_id} is lost" for scan in self.of(Scan) if scan.status == "processing")
        for scan in self.of(Scan):
            if (scan.status in {"accepted", "rejected"}) != (scan.decided_at is not None):
                yield f"scan {scan.scan_id} is half decided"
        for job in self.of(Job):
            if job.status == "queued":
                continue
            if job.status != "succeeded" or job.lease is not None:
                yield f"job {job.job_id} is {job.status}"
            elif job.done + job.skipped != job.total:
                yield f"job {job.job_id} did {job.done} and skipped {job.skipped} of {job.total}"
        yield from (f"{one.pk} counts {one.taken}" for one in self.of(LimitCounter) if one.taken < 0)

    def _owners(self) -> Iterable[str]:
        """Each phone and each WeChat account leads to the user who has it, and to no one else."""
        users = {user.user_id: user for user in self.of(User)}
        owned = {owner.pk: owner.user_id for owner in self.of(Owner)}
        has = {}
        for user in users.values():
            if user.merged_into is not None:
                continue
            if user.wechat_openid is not None:
                has[keys.wechat_owner(user.wechat_openid).pk] = user.user_id
            if user.phone_hash is not None:
                has[keys.phone_owner(user.phone_hash).pk] = user.user_id
        for identity in self.of(Identity):
            if identity.verified_person_hash is not None:
                has[keys.document_owner(identity.verified_person_hash).pk] = identity.user_id
        if owned != has:
            yield f"owners: {set(owned.items()) ^ set(has.items())}"

    def _grants(self) -> Iterable[str]:
        """Who is named by a grant has the role, and no one else; a code is there while its grant names it."""
        held = {(str(role.pk), role.business, role.institution_code): role.role for role in self.of(Role)}
        named: dict[tuple[str, str, str], str] = {}
        codes = {code.pk: code for code in self.of(GrantCode)}
        for grant in self.of(Grant):
            if (grant.status == "active") != (grant.manager_id is not None):
                yield f"{grant.pk} is {grant.status} with the manager {grant.manager_id}"
            people = [(grant.manager_id, "manager")] if grant.manager_id is not None else []
            people += [(user_id, "assistant") for user_id in grant.assistants]
            for user_id, role in people:
                named[keys.user_partition(user_id), grant.business, grant.institution_code] = role
            if grant.code_fingerprint is not None and keys.grant_code(grant.code_fingerprint).pk not in codes:
                yield f"{grant.pk} names a code that is not there"
        if held != named:
            yield f"roles: {set(held.items()) ^ set(named.items())}"

    def _images(self) -> Iterable[str]:
        """Every decided scan has given up its upload, and has the copy it names."""
        bucket = self._template.name_of("UploadBucket")
        pages = self._client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
        there = {one["Key"] for page in pages for one in page.get("Contents", [])}
        for scan in self.of(Scan):
            if scan.decided_at is not None and keys_of_upload(scan) in there:
                yield f"scan {scan.scan_id} is decided and its upload is kept"
            erased = any(one.user_id == scan.user_id and one.erasing_since is not None for one in self.of(Identity))
            if scan.image_key is not None and scan.image_key not in there and not erased:
                yield f"the image of scan {scan.scan_id} is lost"

    def _queues(self) -> Iterable[str]:
        sqs = self._client("sqs")
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        for queue in self._template.resources("AWS::SQS::Queue"):
            url = sqs.get_queue_url(QueueName=self._template.name_of(queue))["QueueUrl"]
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
            waiting = sum(int(attributes[count]) for count in counts)
            if waiting:
                yield f"{waiting} messages are left in {queue}"


def keys_of_upload(scan: Scan) -> str:
    """Where the photo of a scan arrived."""
    return f"uploads/scans/{scan.user_id}/{scan.scan_id}"
