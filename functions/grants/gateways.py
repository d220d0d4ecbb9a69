"""The queue that bulk jobs wait in, and the bucket that exports are fetched from."""

from urllib.parse import quote

import msgspec

from functions.shared import clients
from functions.shared.config import settings


def send_job(job_id: str) -> None:
    """Put a job into the queue. A message says only where to look, so one too many changes nothing."""
    body = msgspec.json.encode({"job_id": job_id}).decode()
    clients.sqs().send_message(QueueUrl=settings().jobs_queue_url, MessageBody=body)


def send_forgetting(institution_code: str) -> None:
    """Have the members removed who joined by older confirmation codes. A message too many changes nothing."""
    body = msgspec.json.encode({"forget": institution_code}).decode()
    clients.sqs().send_message(QueueUrl=settings().jobs_queue_url, MessageBody=body)


def write_export(key: str, content: bytes, content_type: str) -> None:
    """Keep an export; the bucket encrypts it, and removes it after a day."""
    clients.s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=content, ContentType=content_type)


def export_link(key: str, file_name: str) -> str:
    """A link that works for a few minutes and saves the export under this name."""
    saved = f"attachment; filename*=UTF-8''{quote(file_name)}"  # RFC 6266, section 4.3
    return clients.s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": settings().upload_bucket, "Key": key, "ResponseContentDisposition": saved},
        ExpiresIn=settings().export_link_s,
    )
