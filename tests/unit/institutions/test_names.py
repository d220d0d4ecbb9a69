"""Institution names: normalizing, the limits, suffixes and the words of a query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.institutions.domain.names import MAX_LENGTH, NameRefused, normalize, parse_name, suffixes, words


@pytest.mark.parametrize(
    ("raw", "normalized"),
    [
        ("武汉市第一医院（东院区）", "武汉市第一医院东院区"),
        ("武汉市第一医院 (东院区)", "武汉市第一医院东院区"),
        ("ＡＢＣ门诊 １号", "abc门诊1号"),
        ("Sunshine·康复", "sunshine康复"),
        ("㈱ ﾊﾟ", "株パ"),
        ("𠀀𠀁", "𠀀𠀁"),
        (" \u3000，。", ""),
    ],
)
def test_what_is_folded(raw: str, normalized: str) -> None:
    """Width, case, spaces and punctuation do not count."""
    assert normalize(raw) == normalized


@given(st.text())
def test_normalizing_is_done_once(text: str) -> None:
    """A normalized text stays as it is, and holds neither the separator of keys nor spaces."""
    once = normalize(text)
    assert normalize(once) == once
    assert not set(once) & set("# \u3000")


@given(st.text())
def test_any_text_is_a_name_or_refused(text: str) -> None:
    """Whatever is typed is refused with a reason, or kept within the limits and then stays."""
    fits = 2 <= len(normalize(text)) <= MAX_LENGTH
    try:
        name = parse_name(text)
    except NameRefused as refused:
        code = str(refused)
    else:
        code = "" if parse_name(name) == name else "CHANGED"
    assert code in {"", "NAME_FORMAT", "NAME_TOO_LONG"} if fits else code.startswith("NAME_")


@given(st.text(alphabet="医院a1", min_size=2, max_size=12), st.data())
def test_every_part_begins_a_suffix(name: str, data: st.DataObject) -> None:
    """Any two or more characters in a row are what some suffix begins with."""
    start = data.draw(st.integers(0, len(name) - 2))
    end = data.draw(st.integers(start + 2, len(name)))
    assert any(suffix.startswith(name[start:end]) for suffix in suffixes(name))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("人民医院", ["人民医院"]),
        ("武汉 人民医院", ["人民医院", "武汉"]),
        (" 武汉\u3000武汉 ", ["武汉"]),
        ("县 医院", ["医院", "县"]),
        ("县 院", ["县院"]),
        ("中 医 院", ["中医院"]),
        ("医院 人民医院 人民", ["人民医院"]),
        ("院", []),
        ("（）", []),
        ("", []),
    ],
)
def test_the_words_of_a_query(query: str, found: list[str]) -> None:
    """The longest first, none that another holds; single characters are one word; one alone is none."""
    assert words(query) == found
