"""Institution names: how they are shown, how they are compared, and the pieces under which search finds them.

The normalized name keeps letters and digits only, with width, case, spaces and punctuation folded; equality and search
look at nothing else. Search by any part rests on suffixes: a text is part of a name where a suffix begins with it.
"""

import unicodedata

from functions.shared.errors import FieldCode, Text

MAX_LENGTH = 45  # normalized: so that a rename, all old suffixes out and all new ones in, is one transaction
MIN_LENGTH = 2
MAX_INPUT = 90
# A table that opens the file would take what begins so for a formula (OWASP, "CSV Injection").
FORMULA = tuple("=+-@＝＋－＠")
# Letters and marks that no one sees (Unicode 15, Default_Ignorable_Code_Point): what looks the same is to be the same.
_UNSEEN = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, *range(0xFE00, 0xFE10), 0xFFA0))
) | frozenset(map(chr, range(0xE0100, 0xE01F0)))
PAIR = 2  # a suffix is filed under its first two characters, so nothing shorter can be found


class NameRefused(ValueError):
    """A name that cannot be kept; `code` is NAME_FORMAT, NAME_TOO_SHORT or NAME_TOO_LONG, `text` says what to do."""

    def __init__(self, code: FieldCode, text: Text) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


def normalize(text: str) -> str:
    """The letters and digits of a text, compatibility forms and case folded (Unicode NFKC and case folding)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(
        character for character in folded if unicodedata.category(character)[0] in "LNM" and character not in _UNSEEN
    )
    return unicodedata.normalize("NFKC", kept)


def parse_name(raw: str) -> str:
    """The name as it is shown: trimmed, single spaces. Raises `NameRefused`."""
    shown = " ".join(raw.split())
    if any(unicodedata.category(character)[0] == "C" or character in _UNSEEN for character in shown):
        unreadable = Text("机构名称含有无法显示的字符。", "The name contains characters that cannot be displayed.")
        raise NameRefused("NAME_FORMAT", unreadable)
    if shown.startswith(FORMULA):
        raise NameRefused("NAME_FORMAT", Text("机构名称请以文字开头。", "The name must start with a letter."))
    if len(normalize(shown)) < MIN_LENGTH:
        raise NameRefused("NAME_TOO_SHORT", Text("请填写机构全称。", "Please enter the full name of the institution."))
    if len(normalize(shown)) > MAX_LENGTH or len(shown) > MAX_INPUT:
        too_long = Text(
            f"机构名称不能超过 {MAX_LENGTH} 个字（不计标点和空格）。",
            f"A name may have at most {MAX_LENGTH} characters, without punctuation and spaces.",
        )
        raise NameRefused("NAME_TOO_LONG", too_long)
    return shown


def suffixes(normalized: str) -> list[str]:
    """Every end of a normalized name that has at least two characters, the whole name first."""
    return [normalized[start:] for start in range(len(normalized) - PAIR + 1)]


def words(query: str) -> list[str]:
    """The normalized words of a query, the longest first, without those that another one contains.

    Single characters with spaces between them are one word, as a name that is written so is. Empty when no word has two
    characters. A word that is longer than `LONGEST` is in no name.
    """
    found = sorted({normalize(word) for word in query.split()} - {""}, key=lambda word: (-len(word), word))
    if found and len(found[0]) < PAIR:
        found = [normalize(query)]
    kept = [word for place, word in enumerate(found) if not any(word in longer for longer in found[:place])]
    return kept if kept and len(kept[0]) >= PAIR else []
