"""Checks comments, docstrings and documents for words that have a plainer one; part of `make check`."""

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

PLAIN = {
    "anew": "again",
    "begun": "started",
    "demand": "require",
    "demands": "requires",
    "good for nothing": "invalid",
    "mend": "fix",
    "nobody": "no one",
    "seldom": "rarely",
    "so many": "this many",
    "whoever": "anyone who",
}
_ODD = re.compile(rf"(?<!on )(?<!on-)\b({'|'.join(PLAIN)})\b", re.IGNORECASE)
_CODE = re.compile(r"`[^`\n]*`")
# Decisions are kept as they were taken.
_LEFT_ALONE = ("docs/adr/", "vendor/", "tools/plain_words.py", "tests/unit/test_plain_words.py")


def odd_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the word for each word of a text that has a plainer one; names of code are left out."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _ODD.finditer(_CODE.sub("", line)):
            yield number, found[1].lower()


def prose_of(source: str) -> str:
    """Return the comments and docstrings of a Python source, each in its line."""
    lines = [""] * (source.count("\n") + 2)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.string.startswith('"""')):
            for offset, line in enumerate(token.string.split("\n")):
                lines[token.start[0] - 1 + offset] += f" {line}"
    return "\n".join(lines)


def main() -> int:
    """Print each odd word with its place and the plain one; 1 where there is any."""
    listed = subprocess.run(["git", "ls-files", "*.py", "*.md", "Makefile"], check=True, capture_output=True, text=True)
    found = 0
    for name in listed.stdout.splitlines():
        path = Path(name)
        if name.startswith(_LEFT_ALONE) or not path.exists():
            continue
        text = path.read_text()
        for line, word in odd_words(prose_of(text) if path.suffix == ".py" else text):
            found += 1
            print(f"{name}:{line}: '{word}': write '{PLAIN[word]}'")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
