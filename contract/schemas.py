"""The schemas of the document, from the structs of the routes.

msgspec describes the structs; what it leaves out is added here, so that clients can generate types from the document:
plain names, `type` beside `enum`, `format: date-time`, no `default: null`, and one schema for each form of a body that
has several.
"""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import inspect as shapes

from contract.forms import FORMS, Form

Schema = dict[str, Any]
REF = "#/components/schemas/"

# Details of an institution are normalized before they are checked, and each field has a code of its own
# (`institutions.details`), so the structs accept any short text. These are the limits that are checked.
INSTITUTION_LIMITS: Mapping[str, Schema] = {
    "contact_name": {"minLength": 1, "maxLength": 50},
    "contact_phone": {"maxLength": 20, "pattern": "^[+]?[0-9][0-9 -]{5,18}[0-9]$"},
    "institution_code": {"minLength": 4, "maxLength": 20, "pattern": "^[0-9A-Z]{4,20}$"},
    "region_code": {"minLength": 6, "maxLength": 6, "pattern": "^[1-9][0-9]{5}$"},
    "supervisor_code": {"minLength": 4, "maxLength": 20, "pattern": "^[0-9A-Z]{4,20}$"},
    "unified_social_credit_code": {
        "minLength": 18,
        "maxLength": 18,
        "pattern": "^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$",
    },
}
INSTITUTION_BODIES = (
    *("AmendedInstitution", "AmendedRegistration", "NewInstitution", "NewRegistration", "RegistrationDecision"),
)


class NameTaken(ValueError):
    """Two structs of the contract have the same name."""


def component_schemas(bodies: Iterable[type[msgspec.Struct]], answers: Iterable[type[msgspec.Struct]]) -> Schema:
    """Return the schemas of the request bodies and answers, with what they refer to, by name. Raises `NameTaken`."""
    taken = sorted(set(bodies), key=_name)
    schemas = describe({*taken, *answers})
    for shape in taken:
        schemas[shape.__name__]["additionalProperties"] = False
    for name in INSTITUTION_BODIES:
        for field, schema in schemas[name]["properties"].items():
            text = next((one for one in schema.get("anyOf", ()) if one.get("type") == "string"), schema)
            text.update(INSTITUTION_LIMITS.get(field, {}))
    for name, forms in FORMS.items():
        schemas |= _split(name, schemas[name], forms)
    return schemas


def query_schemas(query: type[msgspec.Struct]) -> dict[str, tuple[bool, Schema]]:
    """Return the fields of a query: whether each is required, and its schema. A query has no null."""
    schema = describe([query])[query.__name__]
    required = schema.get("required", [])
    return {name: (name in required, _without_null(field)) for name, field in schema["properties"].items()}


def ref(shape: type[msgspec.Struct]) -> Schema:
    """Return the reference to a struct's schema."""
    return {"$ref": f"{REF}{shape.__name__}"}


def enum_of(values: Iterable[str], description: str) -> Schema:
    """Return the schema of a text that is one of these."""
    return {"type": "string", "description": description, "enum": sorted(values)}


def _name(shape: type) -> str:
    return shape.__name__


def describe(given: Iterable[type[msgspec.Struct]]) -> dict[str, Any]:
    """Return the schemas of structs and of what they refer to, by name. Raises `NameTaken`."""
    ordered = sorted(given, key=_name)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=REF + "{name}")
    if unclear := sorted(name for name in schemas if "." in name) or _missing(ordered, schemas):
        raise NameTaken(f"Rename one of the structs: {', '.join(unclear)}")
    for info in shapes.multi_type_info(ordered):
        _add_formats(info, schemas, set())
    for schema in schemas.values():
        if "description" in schema:  # Python 3.13 takes the indentation out of docstrings, earlier ones leave it in
            schema["description"] = inspect.cleandoc(schema["description"])
        _clean(schema)
    return schemas


def _missing(ordered: Iterable[type], schemas: Mapping[str, Any]) -> list[str]:
    return sorted({shape.__name__ for shape in ordered} - schemas.keys())


def _add_formats(info: shapes.Type, schemas: Mapping[str, Any], seen: set[type]) -> None:
    """Add `format: date-time` to the fields that are times: msgspec (0.22) does so only for types with `tz`."""
    if isinstance(info, shapes.StructType) and info.cls not in seen:
        seen.add(info.cls)
        properties = schemas[info.cls.__name__]["properties"]
        for field in info.fields:
            _mark_times(field.type, properties[field.encode_name])
            _add_formats(field.type, schemas, seen)
    elif isinstance(info, shapes.UnionType):
        for one in info.types:
            _add_formats(one, schemas, seen)
    elif isinstance(info, shapes.ListType):
        _add_formats(info.item_type, schemas, seen)


def _mark_times(info: shapes.Type, schema: Schema) -> None:
    if isinstance(info, shapes.DateTimeType):
        schema["format"] = "date-time"
    elif isinstance(info, shapes.UnionType) and any(isinstance(one, shapes.DateTimeType) for one in info.types):
        text = next((one for one in schema.get("anyOf", ()) if one.get("type") == "string"), schema)
        text["format"] = "date-time"


def _clean(schema: Any) -> None:
    """Give every `enum` its `type`, an open object its `additionalProperties`, and leave `default: null` out."""
    if isinstance(schema, list):
        for one in schema:
            _clean(one)
    if not isinstance(schema, dict):
        return
    if "anyOf" in schema:
        _merge_enums(schema)
    if "enum" in schema and all(isinstance(value, str) for value in schema["enum"]):
        schema["type"] = "string"
    if schema.get("type") == "object" and "properties" not in schema:
        schema.setdefault("additionalProperties", True)
    if "default" in schema and schema["default"] is None:
        del schema["default"]
    for value in schema.values():
        _clean(value)


def _merge_enums(schema: Schema) -> None:
    """Make one enumeration of several: msgspec (0.22) describes a union of literals as a choice of them."""
    choices = [one for one in schema["anyOf"] if "enum" in one]
    if len(choices) > 1:
        merged = {"enum": sorted({value for one in choices for value in one["enum"]})}
        schema["anyOf"] = [merged, *(one for one in schema["anyOf"] if "enum" not in one)]
    if len(schema["anyOf"]) == 1:
        schema.update(schema.pop("anyOf")[0])


def _without_null(schema: Schema) -> Schema:
    if "anyOf" not in schema:
        return schema
    others = [one for one in schema["anyOf"] if one.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**others[0], **rest} if len(others) == 1 else {**rest, "anyOf": others}


def _split(name: str, schema: Schema, forms: Mapping[str, Form]) -> dict[str, Schema]:
    """Return the schema of a body with several forms: one that refers to them, and one for each."""
    made: dict[str, Schema] = {}
    discriminator = next(iter({form.discriminator for form in forms.values()}))
    for title, form in forms.items():
        fields = {field: _without_null(schema["properties"][field]) for field in form.fields}
        required = list(form.required)
        if discriminator is not None:
            fields = {discriminator: {"type": "string", "enum": [form.value]}, **fields}
            required = [discriminator, *required]
        made[title] = {
            "title": title,
            "description": form.description,
            "type": "object",
            "properties": fields,
            "required": required,
            "additionalProperties": False,
        }
    whole: Schema = {
        "title": name,
        "description": schema["description"],
        "oneOf": [{"$ref": REF + one} for one in made],
    }
    if discriminator is not None:
        mapping = {str(form.value): REF + title for title, form in forms.items()}
        whole["discriminator"] = {"propertyName": discriminator, "mapping": mapping}
    return {name: whole, **made}
