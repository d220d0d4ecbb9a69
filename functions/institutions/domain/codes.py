"""Codes of an institution: its own, its region's (GB/T 2260), and how a typed confirmation code is read."""

import re
import secrets

from functions.shared.code_format import normalize_code

_INSTITUTION = re.compile("[0-9A-Z]{4,20}")
_REGION = re.compile("[1-9][0-9]{5}")
_MAX_INPUT = 64
NO_SUPERVISOR = "ROOT"  # stands where there is no supervisor, so no institution may have it as its code


def parse_institution_code(raw: str) -> str | None:
    """An institution code in canonical form (4 to 20 digits and capital letters), or None when it cannot be one."""
    code = normalize_code(raw[:_MAX_INPUT])
    return code if _INSTITUTION.fullmatch(code) and code != NO_SUPERVISOR else None


def parse_region_code(raw: str) -> str | None:
    """A region code of six digits, or None when it cannot be one."""
    code = normalize_code(raw[:_MAX_INPUT])
    return code if _REGION.fullmatch(code) else None


def new_institution_code(region_code: str) -> str:
    """A code for an institution that brings none: its region's six digits and six random ones."""
    return f"{region_code}{secrets.randbelow(1_000_000):06d}"


def fold_confirmation_code(raw: str) -> str:
    """A typed confirmation code in canonical form; what cannot be one stays different from every code."""
    return normalize_code(raw)
