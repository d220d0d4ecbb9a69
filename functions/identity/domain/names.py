"""Names of people: one form to display and store, a comparison that forgives spelling, a mask.

Characters are folded (full width, Kangxi radicals, canonical equivalents, kinds of dots, hyphens, apostrophes), but
variants of a Han character stay what they are: 黄 and 黃 are two names.

A character that cannot be typed is written as its pinyin in its place: `王suo`, `王(suo)` and `王?` are all 王 and one
unknown character, stored as `王?`. Private-use code points that GB 18030 has since given a real one are folded to it.
"""

import re
import unicodedata

from functions.identity.domain.documents.errors import DocumentRefused
from functions.identity.domain.private_use import PUBLISHED
from functions.shared.code_format import FULL_WIDTH
from functions.shared.errors import Text

MIN_LENGTH, MAX_LENGTH = 2, 50
MAX_INPUT = 200
MIDDLE_DOT = "·"
UNKNOWN = "?"

FOLDS = (
    FULL_WIDTH
    | PUBLISHED
    | {radical: ord(unicodedata.normalize("NFKC", chr(radical))) for radical in range(0x2F00, 0x2FD6)}
    | dict.fromkeys(map(ord, "•‧∙⋅・･．﹒●ꞏ⸱᛫˙\u0387"), MIDDLE_DOT)
    | dict.fromkeys(map(ord, "’‘ʼ＇`´"), "'")
    | dict.fromkeys(map(ord, "‐‑–—−－"), "-")
    | dict.fromkeys(map(ord, "\u00a0\u3000\u2002\u2003\u2009\u202f\t"), " ")
)

# 々, 〇 and the blocks of Han characters; naming blocks keeps those that are newer than Python's Unicode tables.
HAN = (
    ("々", "々"),
    ("〇", "〇"),
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufad9"),
    ("\U00020000", "\U0002fffd"),
    ("\U00030000", "\U0003fffd"),
)
DOUBLED = re.compile(f"[.{MIDDLE_DOT}]{{2}}")
BETWEEN = re.compile(r"(?<=(\S))( ?\. ?| )(?=(\S))")
MARKS = " -'." + MIDDLE_DOT

# One syllable of pinyin, with its tone as a digit or an accent (which is taken off before), or `v` for `ü`.
SYLLABLE = (
    "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ueng|iao|ian|ang|eng|ing|ong|uai|uan|ia|ie|iu|in|ua|uo|ui|un|ue|ve|ai|ei|ao|ou|an|en|er|a|o|e|i|u|v)"
    "[1-5]?"
)
TYPED_UNKNOWN = re.compile(rf" ?(?:\( ?{SYLLABLE} ?\)|(?<![A-Za-z]){SYLLABLE}(?![A-Za-z])|\?) ?", re.IGNORECASE)

# ICAO 9303 part 3, 6: how machine-readable zones spell Latin letters that lose more than a diacritic.
SPELLED_OUT = str.maketrans(
    {"ß": "SS", "æ": "AE", "œ": "OE", "ø": "OE", "þ": "TH", "ð": "D", "đ": "D", "ł": "L", "ı": "I", "ŋ": "N", "ħ": "H"}
)
UMLAUTS = str.maketrans({"ä": "AE", "ö": "OE", "ü": "UE", "å": "AA", "ñ": "NXX"})


def parse_name(raw: str) -> str:
    """The name as it is stored and shown; parsing it again changes nothing.

    Han and Latin letters, single spaces in Latin names, none in Chinese ones, `·` between the parts of a
    transcription, `?` for at most one unknown character among Han ones. Raises DocumentRefused with NAME_FORMAT for
    digits, emoji, other scripts, control and invisible characters, and for fewer than 2 or more than 50 characters.
    """
    if len(raw) > MAX_INPUT:
        raise _refused()
    name = _with_unknown(_folded(raw))
    if name.count(UNKNOWN) > (1 if any(map(_is_han, name)) else 0):
        raise _refused()
    letters = sum(_is_letter(character) or character == UNKNOWN for character in name)
    if letters < MIN_LENGTH or len(name) > MAX_LENGTH or not all(map(_may_follow, " " + name, name)):
        raise _refused()
    if name[0] in "-." + MIDDLE_DOT or name[-1] in "-" + MIDDLE_DOT or DOUBLED.search(name):
        raise _refused()
    return name


def same_name(a: str, b: str) -> bool:
    """Whether two spellings are one name: `Anna-Maria Müller` and the zone's `MUELLER ANNA MARIA` are.

    Case, width, spaces, dots, hyphens and diacritics do not count, nor whether the surname stands first; nothing is
    forgiven in Han characters. Names without a letter are the same as none. An unknown character is any one, or one
    that recognition did not read: nothing at all.
    """
    a, b = _with_unknown(_folded(a)), _with_unknown(_folded(b))
    if UNKNOWN in a or UNKNOWN in b:
        return _fits(a, b) or _fits(b, a)
    return bool(_spellings(a) & _spellings(b))


def name_key(name: str) -> str:
    """One form for all ways to write a name: parts in alphabetical order, without marks, diacritics and case.

    Of two names that `same_name` takes for one, those that differ in an umlaut's spelling alone have two keys.
    """
    plain = unicodedata.normalize("NFD", _folded(name).lower().translate(SPELLED_OUT)).upper()
    parts = ["".join(filter(_is_letter, part)) for part in re.split("[ -]", plain)]
    return "".join(sorted(part for part in parts if part))


def has_unknown(name: str) -> bool:
    """Whether a name, as `parse_name` gives it, has a character that its person could not type."""
    return UNKNOWN in name


def mask_name(name: str) -> str:
    """The first character of each part and `*` for each other: `王小明` is `王**`, `Anna Berg` is `A*** B***`."""
    return " ".join(part[0] + "*" * (len(part) - 1) for part in name.split(" ") if part)


def _refused() -> DocumentRefused:
    return DocumentRefused(
        "NAME_FORMAT",
        Text(
            "请按证件填写姓名，只能包含汉字或拉丁字母（2 至 50 个字符）；无法输入的一个字，请在其位置填写拼音。",
            "Please enter the name as the document shows it, in Chinese or Latin letters only (2 to 50 characters). "
            "If you cannot type one of the Chinese characters, write its pinyin in its place.",
        ),
    )


def _folded(raw: str) -> str:
    name = unicodedata.normalize("NFC", raw.translate(FOLDS))
    name = re.sub(" +", " ", name).strip(" ")
    name = re.sub(f" ?{MIDDLE_DOT} ?", MIDDLE_DOT, name)
    return BETWEEN.sub(_mended, name)


def _with_unknown(name: str) -> str:
    """The name with `?` for pinyin among Han characters; a name without any Han is left as it is."""
    if not any(map(_is_han, name)):
        return name
    plain = "".join(map(_without_tone, name))
    if len(plain) != len(name):
        return name
    parts: list[str] = []
    end = 0
    for found in TYPED_UNKNOWN.finditer(plain):
        parts += [name[end : found.start()], UNKNOWN]
        end = found.end()
    return "".join([*parts, name[end:]])


def _without_tone(character: str) -> str:
    if character in "üǖǘǚǜÜ":
        return "v"
    plain = unicodedata.normalize("NFD", character)[0]
    return plain if "a" <= plain.lower() <= "z" else character


def _fits(pattern: str, name: str) -> bool:
    """Whether a name is that of a pattern, whose `?` is one character or none."""
    wanted, given = ("".join(one for one in text if _is_letter(one) or one == UNKNOWN) for text in (pattern, name))
    known = wanted.split(UNKNOWN)
    return any(known) and re.fullmatch(".?".join(map(re.escape, known)), given, re.IGNORECASE) is not None


def _mended(found: re.Match[str]) -> str:
    """What really stands between two characters: no blank between Han, and a full stop there is a middle dot."""
    before, between, after = found.groups()
    if not (_is_han(before) and _is_han(after)):
        return between
    return MIDDLE_DOT if "." in between else ""


def _is_han(character: str) -> bool:
    return any(first <= character <= last for first, last in HAN)


def _is_letter(character: str) -> bool:
    if _is_han(character):
        return True
    return unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lo") and "LATIN" in unicodedata.name(character, "")


def _is_accent(character: str) -> bool:
    return "\u0300" <= character <= "\u036f"


def _may_follow(before: str, character: str) -> bool:
    """Letters and marks anywhere; a diacritic that NFC leaves alone (the `m̄` of some romanizations) on Latin only."""
    if _is_accent(character):
        return _is_accent(before) or (_is_letter(before) and not _is_han(before))
    return _is_letter(character) or character in MARKS or character == UNKNOWN


def _spellings(name: str) -> frozenset[str]:
    """Every way a machine-readable zone may spell the name, run together, with each part in turn standing first."""
    folded = _folded(name).lower()
    found: set[str] = set()
    for spelled in (folded, folded.translate(UMLAUTS)):
        plain = unicodedata.normalize("NFD", spelled.translate(SPELLED_OUT)).upper()
        parts = ["".join(filter(_is_letter, part)) for part in plain.split(" ")]
        parts = [part for part in parts if part]
        found.update("".join(parts[first:] + parts[:first]) for first in range(len(parts)))
    return frozenset(found)
