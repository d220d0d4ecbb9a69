"""The check for plain words in comments, docstrings and documents."""

import pytest

from tools.plain_words import odd_words, prose_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sessions are started again.", []),
        ("Sessions begun anew.\nWhoever asks", [(1, "begun"), (1, "anew"), (2, "whoever")]),
        ("Units are billed on demand; see `demand`.", []),
    ],
)
def test_odd_words_are_found_by_line(text: str, found: list[tuple[int, str]]) -> None:
    """Each with its line; names of code and "on demand" are no prose."""
    assert list(odd_words(text)) == found


def test_only_comments_and_docstrings_count() -> None:
    """A variable or a value of that name is not prose."""
    source = '"""Begun."""\nbegun = "anew"  # seldom\n'
    assert list(odd_words(prose_of(source))) == [(1, "begun"), (2, "seldom")]
