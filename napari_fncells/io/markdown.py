"""Text of people and names of files in Markdown, so that none of it is taken for markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

# What begins markup wherever it stands, and what does at the start of a line only
_MARKUP = re.compile(r"([\\`*_\[\]|~$^#])")
_AT_START = re.compile(r"^([+\-=>:]|\d+(?=[.)]))")


def plain(text: str) -> str:
    """One line of text, with all that could be markup or HTML written out."""
    visible = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text)
    words = " ".join(visible.split())
    # HTML first: a backslash before & or < is not enough for every reader
    safe = words.replace("&", "&amp;").replace("<", "&lt;")
    return _AT_START.sub(_with_backslash, _MARKUP.sub(r"\\\1", safe))


def _with_backslash(match: re.Match[str]) -> str:
    start = match.group()
    # A list's number is a number; its dot is what makes the list
    return f"{start}\\" if start.isdigit() else f"\\{start}"


# Controls, what turns the direction of writing, halves of pairs, and ends of lines
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def paragraphs(text: str) -> str:
    """Text whose empty lines part paragraphs."""
    parts = (plain(part) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(part for part in parts if part)


def verbatim(text: str) -> str:
    """Text as it is, in a fence that nothing in it can end."""
    clean = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or c.isprintable())
    longest = max((len(run) for run in re.findall(r"`+", clean)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{clean.strip()}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are taken as Markdown, the first column is text, the others figures."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))
