"""How codes typed on a phone become plain ASCII: full width folded, upper case, blanks and hyphens out."""

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
BLANKS_AND_HYPHENS = dict.fromkeys(map(ord, " \u00a0\u3000-\u2010\u2011\u2012\u2013\u2014\u2212"))


def normalize_code(raw: str) -> str:
    """A typed code in canonical form; characters of other scripts stay, for the caller's pattern to refuse."""
    folded = raw.strip(" \t\r\n\u00a0\u3000").translate(FULL_WIDTH).translate(BLANKS_AND_HYPHENS)
    # Upper-casing beyond ASCII would let strangers in: `ſ` becomes `S`, `ı` becomes `I`.
    return folded.upper() if folded.isascii() else folded
