"""Items of the identity area: the identity itself, scans, face checks."""

from typing import Any, Literal

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from functions.shared.table.base import Choice, Item, Timestamp
from functions.shared.table.reviews import Reviewed
from functions.shared.vocabulary import FaceCheckStatus, FaceMethod, IdentityStatus, ScanStatus, Side, VerificationRoute

PersonStepKind = Literal["rename", "impostor", "document_expiry"]


class Identity(Reviewed, discriminator="identity"):
    """The identity of one user: the application in progress and, beside it, the verified one in force.

    Key: `USER#<id> / IDENTITY`. Read by key; while in review also by the queue (`gsi1pk` `REVIEW#IDENTITY`, oldest
    first), once a reviewer has decided it by the decision (`REVIEWED#IDENTITY#<status>`, until it is a draft
    again). `revision` counts what a reviewer could have seen differently; `version` counts every change. What
    happens to the user's scans and face checks is reported by this item's audit trail too. Withdrawing the consent
    removes every attribute that `identity.withdrawal` does not name; `erasing_since` stands until the images are
    gone too.
    """

    user_id = UnicodeAttribute()
    status = Choice[IdentityStatus](default="unverified")
    revision = NumberAttribute(default=0)
    consent_version = UnicodeAttribute(null=True)
    consented_at = Timestamp(null=True)
    erasing_since = Timestamp(null=True)

    # The application: name, number, validity and nationality are sealed together as one JSON object.
    document_type = UnicodeAttribute(null=True)
    person_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    person_hash = UnicodeAttribute(null=True)
    name_masked = UnicodeAttribute(null=True)
    number_masked = UnicodeAttribute(null=True)
    name_birth_hash = UnicodeAttribute(null=True)  # None where the birth date is not known
    area_code_known = BooleanAttribute(null=True)
    number_check_agrees = BooleanAttribute(null=True)  # False: a wrong check character, as it is printed
    # The last scan that counts for each side, as a `SideScan`; the passed face check, as a `PassedFace`.
    front = JSONAttribute(null=True)
    back = JSONAttribute(null=True)
    face = JSONAttribute(null=True)
    failed_face = JSONAttribute(null=True)  # the last one that failed because the faces differ, as a `FailedFace`
    rejected_images: ListAttribute[Any] = ListAttribute(default=list)
    scan_failed_at: ListAttribute[Any] = ListAttribute(default=list)
    text_mismatch = BooleanAttribute(default=False)
    face_failed_at: ListAttribute[Any] = ListAttribute(default=list)
    face_paused_until = Timestamp(null=True)
    wechat_refused_until = Timestamp(null=True)  # WeChat said that the mini-program lacks its face check
    route = Choice[VerificationRoute](null=True)
    submitted_at = Timestamp(null=True)
    first_submitted_at = Timestamp(null=True)  # of all submissions for review since the last verification
    duplicate = JSONAttribute(null=True)  # a decision on a duplicate that is not carried out yet, `DuplicateDecision`
    review_reasons: ListAttribute[Any] = ListAttribute(default=list)
    approval_comment = UnicodeAttribute(null=True)
    queued_as: ListAttribute[Any] = ListAttribute(default=list)  # the facets of its `QueueEntry` items
    found_by: ListAttribute[Any] = ListAttribute(default=list)  # the hashes of its `CaseMark` items
    decided_at = Timestamp(null=True)  # by a reviewer, the newest decision
    # The newest decisions of reviewers, oldest first: `{"at", "decision", "code", "comment", "by", "by_masked"}`
    decisions: ListAttribute[Any] = ListAttribute(default=list)
    # Who has opened which revision, the newest ones: `{"by", "revision", "beside"}`, other persons shown beside it
    looks: ListAttribute[Any] = ListAttribute(default=list)
    # What the newest revisions changed, oldest first: `{"revision", "fields"}`
    changes: ListAttribute[Any] = ListAttribute(default=list)

    # The verified identity, in force while a changed document is on its way
    verified_at = Timestamp(null=True)
    verified_document_type = UnicodeAttribute(null=True)
    verified_person_hash = UnicodeAttribute(null=True)
    verified_person_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    verified_name_masked = UnicodeAttribute(null=True)
    verified_name_birth_hash = UnicodeAttribute(null=True)
    verified_until = UnicodeAttribute(null=True)  # the last day of the document, ISO; None for one without end
    verified_by = Choice[FaceMethod](null=True)  # the face check that the verification rests on, if any
    # Perceptual hashes of the front and its portrait: pictures of them are no selfies
    verified_pictures: ListAttribute[Any] = ListAttribute(default=list)
    verified_cuts_slot = NumberAttribute(null=True)  # of the `PortraitCuts` of that portrait
    portrait_key = UnicodeAttribute(null=True)
    verified_images: ListAttribute[Any] = ListAttribute(default=list)  # what the images kept beside the portrait show
    former_person_hashes: ListAttribute[Any] = ListAttribute(default=list)  # of earlier documents of this person
    # A decision that the number is somebody else's, until it takes effect
    contested_by = UnicodeAttribute(null=True)  # whose application claims the number, by a decision that is pending
    contested_until = Timestamp(null=True)

    @property
    def is_in_force(self) -> bool:
        """Whether the account is verified as somebody, whatever application is on its way."""
        return self.verified_at is not None

    @property
    def can_pass_face_check(self) -> bool:
        """Whether there is a portrait in force to compare a face with; a review may verify without one."""
        return self.is_in_force and self.portrait_key is not None


class QueueEntry(Item, discriminator="queue_entry"):
    """Record that an application in review has something in common with others: a reason, a document type, or both.

    Key: `REVIEW#IDENTITY#<facet> / <position in the queue>`. A filtered queue is one Query of them, in the order of
    the queue. Written and removed in the transactions by which an application enters and leaves the queue.
    """

    user_id = UnicodeAttribute()


class QueueCount(Item, discriminator="queue_count"):
    """How many applications are in review, of one in four users.

    Key: `REVIEW#IDENTITY#COUNTS / <shard>`. All are one BatchGetItem. Changed in the same transactions as the entries.
    """

    waiting = NumberAttribute(default=0)
    appeals = NumberAttribute(default=0)


class CaseMark(Item, discriminator="case_mark"):
    """Record that an application is found by a name or a document number, for reviewers whom somebody calls.

    Key: `CASE#<keyed hash> / <user id>`. A search is one Query. Written when the application is submitted, removed when
    it is submitted with other details, or the consent withdrawn.
    """

    user_id = UnicodeAttribute()


class NameBirth(Item, discriminator="name_birth"):
    """Which accounts are verified under one name and birth date.

    Key: `NAME_BIRTH#<hash> / HOLDERS`. Read by key. It changes in the transactions that verify and withdraw. Different
    people may share it: that is a reason for review, nothing else.
    """

    user_ids = JSONAttribute()


class PersonStep(Item, discriminator="person_step"):
    """A change to a verified person that is carried out later, or in more than one transaction.

    Key: `USER#<id> / STEP#<step>`; all are found in the index by when they are due (`gsi1pk` `PERSON_STEPS`). Written
    in the transaction that decides the change, deleted in the one that completes it: a run in between can be repeated.
    """

    user_id = UnicodeAttribute()
    step = Choice[PersonStepKind]()
    due_at = Timestamp()
    token = UnicodeAttribute()  # which decision it carries out; another one writes another


class Scan(Item, discriminator="scan"):
    """One photo of one side of a document.

    Key: `USER#<id> / SCAN#<id>`. States: awaiting_upload, processing, accepted, rejected, for_review. `upload_event` is
    the upload that claimed it (`version id/sequencer`); `lease_until` keeps a second worker away while the first is at
    work.
    `number_matches` and `extracted` are what was read, masked.
    """

    scan_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    side = Choice[Side]()
    application_revision = NumberAttribute()
    status = Choice[ScanStatus](default="awaiting_upload")
    for_review = BooleanAttribute(default=False)  # the photo is for a reviewer: scans are closed to the machine
    content_type = UnicodeAttribute()
    size = NumberAttribute()
    created_at = Timestamp()
    upload_event = UnicodeAttribute(null=True)
    lease_until = Timestamp(null=True)
    decided_at = Timestamp(null=True)
    image_key = UnicodeAttribute(null=True)
    reasons: ListAttribute[Any] = ListAttribute(default=list)
    mismatched: ListAttribute[Any] = ListAttribute(default=list)  # the fields that `TEXT_MISMATCH` is about
    extracted = JSONAttribute(null=True)


class FaceCheck(Item, discriminator="face_check"):
    """One fresh selfie, or one face in front of WeChat's camera, for one purpose and one subject.

    Key: `USER#<id> / FACE_CHECK#<id>`. States: requested, passed, failed, consumed. `lease_until` is set while a
    comparison is under way, `counted_at` (seconds since 1970) is the failure that it is counted as until it passes.
    `shown` is how a grant that it is for is called, so that redeeming it needs no more reads. A check of method
    `wechat` is WeChat's session `verify_id` of the account `openid`; our number of it there is the check's id.
    """

    face_check_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    purpose = UnicodeAttribute()
    subject = UnicodeAttribute()
    display_names = JSONAttribute(null=True, attr_name="shown")
    method = Choice[FaceMethod](default="selfie")
    verify_id = UnicodeAttribute(null=True)
    openid = UnicodeAttribute(null=True)
    status = Choice[FaceCheckStatus](default="requested")
    valid_until = Timestamp()
    lease_until = Timestamp(null=True)
    counted_at = NumberAttribute(null=True)
    selfie_version = UnicodeAttribute(null=True)
    reasons: ListAttribute[Any] = ListAttribute(default=list)


class PortraitCuts(Item, discriminator="portrait_cuts"):
    """The hashes of cuts around the portrait of one scanned front, sealed: 15 KB that only a comparison of faces reads.

    Key: `USER#<id> / PORTRAIT_CUTS#<slot>`. The identity names the slot of the front that counts and that of the one in
    force; there are two, so that both can be read together with the identity. Written in the transaction that decides
    the scan, deleted in the one after which the identity no longer names the slot.
    """

    scan_id = UnicodeAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)


class PictureClaim(Item, discriminator="picture_claim"):
    """Record that a picture was used for a face check: it is never accepted again, by anybody, nor is a copy of it.

    Key: `PICTURE#<keyed hash of one of its marks> / CLAIM`: one for its exact shades, eight for bands of its perceptual
    hash (`identity.domain.picture_claims`). Read by key, written with the end of the comparison, never removed. It says
    neither whose the picture was nor what it shows: the hash is the signs of 256 spatial frequencies. The latest four
    pictures with this mark are kept, newest first, each as its hash and its sealed fingerprint; `picture_hash` is the
    newest one's.
    """

    picture_hash = UnicodeAttribute()
    pictures: ListAttribute[Any] = ListAttribute(default=list)
