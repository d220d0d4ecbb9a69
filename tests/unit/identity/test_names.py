"""Names as typed, as compared and as masked."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.domain.documents import DocumentRefused
from functions.identity.domain.names import mask_name, parse_name, same_name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("王小明", "王小明"),
        (" 王 小　明 ", "王小明"),
        ("欧阳\u00a0娜娜", "欧阳娜娜"),
        ("买买提·吐尔逊", "买买提·吐尔逊"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提‧吐尔逊", "买买提·吐尔逊"),
        ("买买提・吐尔逊", "买买提·吐尔逊"),
        ("买买提･吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"),
        ("买买提.吐尔逊", "买买提·吐尔逊"),
        ("买买提 · 吐尔逊", "买买提·吐尔逊"),
        ("买买提 . 吐尔逊", "买买提·吐尔逊"),
        ("买买提●吐尔逊", "买买提·吐尔逊"),
        ("阿·卜·杜", "阿·卜·杜"),
        ("〇一", "〇一"),
        ("佐々木", "佐々木"),
        ("⾼⼭", "高山"),  # Kangxi radicals, as PDFs copy them
        ("𠮷田", "𠮷田"),  # beyond the BMP
        ("张𬎆", "张𬎆"),
        ("李\U000323af", "李\U000323af"),  # newer than this Python's Unicode tables
        ("Ａｎｎａ　Ｂｅｒｇ", "Anna Berg"),
        ("  Anna   Maria  Berg ", "Anna Maria Berg"),
        ("O’Brien", "O'Brien"),
        ("Anne‐Marie", "Anne-Marie"),
        ("J. Smith Jr.", "J. Smith Jr."),
        ("Mu\u0308ller", "Müller"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("M\u0304ba", "M\u0304ba"),
        ("'t Hooft", "'t Hooft"),
        ("张 Anna", "张 Anna"),
        ("王" * 50, "王" * 50),
    ],
)
def test_names(raw: str, name: str) -> None:
    """Width, dots, blanks and canonical equivalents are folded into one form."""
    assert parse_name(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "王",
        "A",
        "··",
        "王" * 51,
        "A" * 201,
        "王" * 100_000,
        "王1",
        "王１",
        "王٣",
        "王小明😀",
        "👨‍👩‍👧",
        "王\u200b小明",
        "王\u200d明",
        "\ufeff王小明",
        "王小明\x00",
        "王\n小明",
        "王\x7f明",
        "王\u202e明",
        "王\ufe00明",
        "王\U000e0100明",
        "王\ue000",
        "\ud840王",
        "·王小明",
        "王小明·",
        "买买提··吐尔逊",
        "买买提.·吐尔逊",
        "-Anna",
        "王\u0301明",
        "\u0301Anna",
        "Иван Петров",
        "あいう",
        "王小明;",
        "<script>",
        "王_明",
        "𝐀𝐧𝐧𝐚",
    ],
)
def test_what_is_no_name(raw: str) -> None:
    """Digits, emoji, other scripts, invisible and control characters, and wrong lengths are NAME_FORMAT."""
    with pytest.raises(DocumentRefused) as caught:
        parse_name(raw)
    assert caught.value.code == "NAME_FORMAT"
    assert all(caught.value.text)


@pytest.mark.parametrize(("a", "b"), [("黄", "黃"), ("吴", "吳"), ("𠮷", "吉"), ("里", "裏")])
def test_variants_are_different_names(a: str, b: str) -> None:
    """Variants of a Han character are neither unified nor taken for each other."""
    assert parse_name(a + "明") != parse_name(b + "明")
    assert not same_name(a + "明", b + "明")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("王小明", " 王　小明"),
        ("买买提·吐尔逊", "买买提吐尔逊"),
        ("买买提·吐尔逊", "买买提•吐尔逊"),
        ("Anna Maria Berg", "BERG ANNA MARIA"),
        ("Berg, Anna Maria", "BERG ANNA MARIA"),
        ("Ａｎｎａ Ｂｅｒｇ", "anna berg"),
        ("Zhang Sanfeng", "ZHANG SAN FENG"),
        ("San Feng Zhang", "ZHANG SANFENG"),
        ("Anne-Marie O'Brien", "OBRIEN ANNEMARIE"),
        ("José Núñez", "NUNEZ JOSE"),
        ("José Núñez", "NUNXXEZ JOSE"),
        ("Jürgen Müller", "MUELLER JUERGEN"),
        ("Jürgen Müller", "MULLER JURGEN"),
        ("Mu\u0308ller Jan", "Müller Jan"),
        ("Søren Ærø", "AEROE SOEREN"),
        ("Łukasz Groß", "GROSS LUKASZ"),
        ("Işıl İnan", "INAN ISIL"),
        ("Åse Þór", "THOR AASE"),
        ("Nguyễn Thị Ánh", "NGUYEN THI ANH"),
        ("Đặng Đức", "DANG DUC"),
    ],
)
def test_same_names(a: str, b: str) -> None:
    """Spacing, case, dots, order and the spelling of machine-readable zones do not part a name, either way round."""
    assert same_name(a, b)
    assert same_name(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("王小明", "王小朋"),
        ("王小明", "小明王"),
        ("王 小明", "小明 王"),
        ("王小明", "小明 王"),
        ("王小明", "王明"),
        ("Anna Berg", "Anna Bergh"),
        ("Anna Maria Berg", "Maria Anna Berg"),
        ("Anna Berg", "Anna"),
        ("", ""),
        ("···", "王"),
    ],
)
def test_different_names(a: str, b: str) -> None:
    """Another letter, another order of Han characters or of given names is another name; nothing is no one's."""
    assert not same_name(a, b)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王明", "王*"),
        ("欧阳娜娜", "欧***"),
        ("买买提·吐尔逊", "买******"),
        ("𠮷田一", "𠮷**"),
        ("Anna Berg", "A*** B***"),
        ("Anne-Marie", "A*********"),
        ("", ""),
    ],
)
def test_masks(name: str, masked: str) -> None:
    """The first character of each part shows, the others are stars."""
    assert mask_name(name) == masked


han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.characters(
    min_codepoint=0x20000, max_codepoint=0x2EBE0, categories=["Lo"]
)
latin = st.characters(
    min_codepoint=0x41,
    max_codepoint=0x24F,
    categories=["Lu", "Ll"],
    exclude_characters="µ",  # a unit, not a letter
)
chinese_names = st.text(han, min_size=2, max_size=20)
latin_names = st.lists(st.text(latin, min_size=2, max_size=10), min_size=1, max_size=4).map(" ".join)
dirt = st.text(st.sampled_from(" 　·•．.-'王田\u0301éAa１😀\u200b⾼豈\u2002´"), max_size=20)


@given(st.one_of(chinese_names, latin_names, dirt, st.text(max_size=60)))
def test_parsing_twice_changes_nothing(raw: str) -> None:
    """Any text is refused or becomes a name that parses to itself and equals what was typed."""
    try:
        name = parse_name(raw)
    except DocumentRefused:
        return
    assert parse_name(name) == name
    assert same_name(name, raw)
    assert name == unicodedata.normalize("NFC", name)


@given(st.one_of(chinese_names, latin_names))
def test_every_plain_name_parses(name: str) -> None:
    """Han characters, old and new, and Latin letters of every language make names."""
    assert parse_name(name) == name


@given(st.lists(st.text(latin, min_size=2, max_size=10), min_size=2, max_size=4))
def test_order_does_not_part_a_name(parts: list[str]) -> None:
    """A surname may stand first or last."""
    assert same_name(" ".join(parts), " ".join(parts[1:] + parts[:1]))


@given(st.one_of(chinese_names, latin_names))
def test_masks_never_reveal(name: str) -> None:
    """A mask shows one character of each part and keeps the length."""
    masked = mask_name(name)
    assert len(masked) == len(name)
    assert len(masked) - masked.count("*") - masked.count(" ") == len(name.split(" "))
