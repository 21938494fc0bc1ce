from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from napari_fncells.io.markdown import paragraphs, plain, table, verbatim

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

NASTY = [
    "# title", "- item", "+ item", "1. one", "1) one", "> quote", "***", "---", "=====", "~~~",
    "`code`", "```", "*a*", "_a_", "__a__", "[a](http://b)", "![a](b)", "<b>a</b>", "<script>",
    "&lt;", "&#35;", "a | b", "a\\", "\\*", "~~a~~", "<http://a>", "[a]: b", "$x$", "a  \nb",
    "a\r\n\r\n# b", "\tcode", "    code", "a\x00b\x1b[31m", "\u202edcba", "2026", "2026.",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.sampled_from(list("ab1 \n#*_`[]()<>&|\\~!-+.=:$^\"'{}é\u200f")), max_size=25),
)


def shown(source: str) -> tuple[set[str], str]:
    """Kinds of what a reader makes of it, and the text that people see."""
    kinds, text = set(), []
    for block in READER.parse(source):
        kinds.add(block.type)
        for token in block.children or ():
            kinds.add(token.type)
            text.append(token.content)
    return kinds, "".join(text)


def cleaned(text: str) -> str:
    seen = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(seen.split())


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_text_is_text_wherever_it_stands(text: str) -> None:
    expected = cleaned(text)
    if not expected:
        assert plain(text) == ""
        return
    for before, kind in (("# ", "heading_open"), ("- x ", "bullet_list_open"), ("", "")):
        kinds, found = shown(f"{before}{plain(text)}")
        rest = kinds - {"inline", "text", "text_special", "paragraph_open", "paragraph_close",
                        "heading_open", "heading_close", "bullet_list_open", "bullet_list_close",
                        "list_item_open", "list_item_close"}  # fmt: skip
        assert rest == set()
        assert (kind in kinds) or not kind
        if not kind:
            assert kinds & {"heading_open", "bullet_list_open"} == set()
        assert found.removeprefix("x " if before == "- x " else "").strip() == expected


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT)
def test_cells_of_tables_stay_in_their_cells(one: str, two: str) -> None:
    source = table(("a", "b"), [(plain(one), plain(two)), ("x", "y")])
    tokens = READER.parse(source)
    assert sum(token.type == "td_open" for token in tokens) == 4
    cells = [
        "".join(child.content for child in token.children or ())
        for token in tokens
        if token.type == "inline"
    ]
    assert cells == ["a", "b", cleaned(one), cleaned(two), "x", "y"]


@settings(max_examples=100, deadline=None)
@given(TEXT)
def test_nothing_ends_a_fence(text: str) -> None:
    tokens = READER.parse(f"{verbatim(text)}\n\nafter")
    assert [token.type for token in tokens] == [
        "fence", "paragraph_open", "inline", "paragraph_close",
    ]  # fmt: skip


def test_paragraphs() -> None:
    assert paragraphs("One.\nStill *one*.\n\n\n# Two") == "One. Still \\*one\\*.\n\n\\# Two"
    assert paragraphs("  \n ") == ""


@pytest.mark.parametrize("text", ["Mar19bS1C4R2", "a (b), c-d; e: 30.0 %", "1.5 µm"])
def test_usual_text_is_left_readable(text: str) -> None:
    assert plain(f"x {text}") == f"x {text}"
