"""Which of the platform's two languages a person wants to read."""

import re

_PREFERENCE = re.compile(r"^\s*([A-Za-z*]{1,8})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*$")


def prefers_english(accept_language: str) -> bool:
    """Whether `Accept-Language` prefers English to Chinese (RFC 9110 section 12.5.4); a tie is Chinese."""
    best = {"en": 0.0, "zh": 0.0}
    for part in accept_language.split(",")[:20]:
        match = _PREFERENCE.match(part)
        if match and match[1].lower() in best:
            best[match[1].lower()] = max(best[match[1].lower()], float(match[2] or 1))
    return best["en"] > best["zh"]
