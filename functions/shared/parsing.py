"""From the bytes of a request to a struct: media type, size, JSON, and every wrong field named."""

import functools
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import inspect

from functions.shared.errors import AppError, FieldError, Invalid, Malformed, Text

MAX_BODY_BYTES = 64 * 1024
StructT = TypeVar("StructT", bound=msgspec.Struct)


ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Url = Annotated[str, msgspec.Meta(extra_json_schema={"format": "uri"})]
_PHONE_FORM = Text("请填写 11 位中国大陆手机号。", "Please enter a mainland mobile number of 11 digits.")
MainlandPhone = Annotated[str, msgspec.Meta(pattern="^1[3-9][0-9]{9}$", max_length=11, extra={"form": _PHONE_FORM})]
OpaqueId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class PageQuery(msgspec.Struct):
    """Which page of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, msgspec.Meta(max_length=1024)] | None = None


class NoBody(msgspec.Struct, forbid_unknown_fields=True):
    """No fields at all."""


class PayloadTooLarge(AppError):
    """The body is larger than any call needs."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"
    text = Text("请求内容过大。", "The request is too large.")


class UnsupportedMediaType(AppError):
    """The body is not declared to be JSON in UTF-8."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"
    text = Text("请以 application/json（UTF-8）提交。", "Please send application/json in UTF-8.")


def json_body(event: Mapping[str, Any], content_type: str) -> Any:
    """The parsed body of a request; an empty one is an empty object.

    Raises `PayloadTooLarge`, `UnsupportedMediaType`, `Malformed`.
    """
    body = event.get("body")
    if not body:
        return {}
    # API Gateway sends text, Chalice's local server bytes.
    if len(body.encode(errors="replace") if isinstance(body, str) else body) > MAX_BODY_BYTES:
        raise PayloadTooLarge
    media_type, *parameters = content_type.lower().split(";")
    if media_type.strip() != "application/json":
        raise UnsupportedMediaType
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType
    # Bytes that are no UTF-8 come from API Gateway as this character, which no one types.
    if event.get("isBase64Encoded") or (isinstance(body, str) and "\ufffd" in body):
        raise Malformed
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Malformed from error


def parse_fields(given: Any, shape: type[StructT], *, strict: bool = True) -> StructT:
    """The struct that was given, or `Invalid` with every wrong field named: missing, unknown, or not as declared.

    `given` comes from JSON (`strict`) or from a query string, whose values are text (not `strict`).
    """
    if not isinstance(given, dict):
        raise Invalid(FieldError("", "TYPE", Text("请求内容应为 JSON 对象。", "The body must be a JSON object.")))
    fields = _fields(shape)
    errors = [
        FieldError(str(name), "UNKNOWN", Text("未知的字段。", "Unknown field.")) for name in given if name not in fields
    ]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in given:
            if field.required:
                errors.append(FieldError(name, "MISSING", Text("此项必填。", "This is required.")))
            continue
        try:
            values[field.name] = msgspec.convert(given[name], field.type, strict=strict)
        except msgspec.ValidationError:
            errors.append(FieldError(name, "FORMAT", _form(field.type)))
    if errors:
        raise Invalid(*errors)
    return shape(**values)


def query_values(query: Mapping[str, Sequence[str]], shape: type[msgspec.Struct]) -> dict[str, Any]:
    """The values of a query string by name: the last one of each, and for a list all, one by one or with commas."""
    fields = _fields(shape)
    return {
        name: [part for value in values for part in value.split(",")]
        if name in fields and _is_list(fields[name].type)
        else values[-1]
        for name, values in query.items()
    }


@functools.cache
def _is_list(wanted: Any) -> bool:
    described = inspect.type_info(wanted)
    choices = described.types if isinstance(described, inspect.UnionType) else (described,)
    return any(isinstance(one, inspect.ListType) for one in choices)


@functools.cache
def _form(wanted: Any) -> Text:
    """What a field of this type has to be: what its `Meta(extra={"form": Text})` says, else what follows from it.

    A pattern cannot be said to a person.
    """
    described = inspect.type_info(wanted)
    if isinstance(described, inspect.UnionType):
        described = next(one for one in described.types if not isinstance(one, inspect.NoneType))
    if isinstance(described, inspect.Metadata):
        if described.extra is not None and "form" in described.extra:
            form: Text = described.extra["form"]
            return form
        described = described.type
    if isinstance(described, inspect.ListType):
        described = described.item_type
    if isinstance(described, inspect.EnumType):
        return _one_of([str(one.value) for one in described.cls])
    if isinstance(described, inspect.LiteralType):
        return _one_of([str(value) for value in described.values])
    if isinstance(described, inspect.IntType) and described.ge is not None and described.le is not None:
        least, most = described.ge, described.le
        return Text(f"应为 {least} 至 {most} 的整数。", f"This must be a whole number from {least} to {most}.")
    if isinstance(described, inspect.StrType) and described.pattern is None and described.max_length is not None:
        least, most = described.min_length or 0, described.max_length
        return Text(f"应为 {least} 至 {most} 个字符的文字。", f"This must be text of {least} to {most} characters.")
    return Text("格式不正确。", "The format is not valid.")


def _one_of(choices: Sequence[str]) -> Text:
    return Text(f"应为以下之一：{'、'.join(choices)}。", f"This must be one of: {', '.join(choices)}.")


@functools.cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The fields by their names in JSON; msgspec (0.22) works them out again each time, at 35 us."""
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}
