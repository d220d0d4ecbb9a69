"""What may be uploaded: photos of two types, up to a size. The form lets nothing else through."""

from typing import Annotated, Literal

import msgspec

from functions.shared.config import settings
from functions.shared.errors import FieldError, Invalid, Text

_FORM = Text(
    "照片须为 JPEG 或 PNG 格式，请重新拍摄，或将照片转换格式后再上传。",
    "The photo must be a JPEG or PNG. Please take it again, or convert it, and upload it.",
)
PhotoType = Annotated[Literal["image/jpeg", "image/png"], msgspec.Meta(extra={"form": _FORM})]


def require_size(size: int) -> None:
    """Refuse a photo that is larger than any we read. Raises `Invalid`."""
    if size > settings().upload_max_bytes:
        megabytes = settings().upload_max_bytes // 2**20
        too_large = Text(f"照片不能超过 {megabytes} MB。", f"A photo may have at most {megabytes} MB.")
        raise Invalid(FieldError("size", "IMAGE_TOO_LARGE", too_large))
