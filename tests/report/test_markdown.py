"""Text from outside stays text, whatever it tries to be."""

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sreagent.report.markdown import code, escape, fence, row

HOSTILE = [
    pytest.param("[click me](http://evil.example)", id="link"),
    pytest.param("![](https://evil.example/pixel.png)", id="image"),
    pytest.param("[E1]: http://evil.example", id="link-definition"),
    pytest.param("<img src=x onerror=alert(1)>", id="html"),
    pytest.param("<http://evil.example>", id="autolink"),
    pytest.param("<!-- gone", id="comment"),
    pytest.param("# Heading", id="heading"),
    pytest.param("Heading\n===", id="underlined-heading"),
    pytest.param("=== ---", id="underline"),
    pytest.param("---", id="rule"),
    pytest.param("- item", id="list"),
    pytest.param("+ item", id="plus-list"),
    pytest.param("* item", id="star-list"),
    pytest.param("1. item", id="numbered-list"),
    pytest.param("1) item", id="numbered-list-with-a-bracket"),
    pytest.param("> said", id="quotation"),
    pytest.param("    indented", id="indented-code"),
    pytest.param("``` \ncode", id="open-fence"),
    pytest.param("~~~ \ncode", id="open-tilde-fence"),
    pytest.param("``a` b```", id="ticks"),
    pytest.param("`", id="one-tick"),
    pytest.param("a | b", id="pipe"),
    pytest.param("\\", id="backslash"),
    pytest.param("\\[a](b)\\", id="escaped-by-itself"),
    pytest.param("*bold* __bold__ _x_ **", id="emphasis"),
    pytest.param("~~gone~~", id="struck-out"),
    pytest.param("&lt;script&gt; &#60;", id="entities"),
    pytest.param("a\u2028# b\x85# c\r# d\x0b# e", id="other-line-ends"),
    pytest.param("\u202egnol\u200b", id="invisible"),
    pytest.param("http://evil.example|www.evil.example", id="bare-links"),
    pytest.param("@everyone see user@evil.example", id="mentions"),
    pytest.param("$\\text{x}$", id="formula"),
]
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def all_tokens(markdown: str) -> list[Token]:
    tokens = RENDERER.parse(markdown)
    return [child for token in tokens for child in (token, *(token.children or ()))]


def shown(markdown: str) -> str:
    """What a reader sees of one paragraph."""
    return "".join(
        token.content for token in all_tokens(markdown) if token.type in ("text", "code_inline")
    )


def on_one_line(text: str) -> str:
    lines = ("".join(filter(str.isprintable, line)) for line in text.split("\n"))
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_is_one_plain_paragraph(text: str) -> None:
    kinds = {token.type for token in all_tokens(escape(text))}
    assert kinds <= {"paragraph_open", "inline", "text", "code_inline", "paragraph_close"}


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_is_read_as_it_was_written(text: str) -> None:
    assert shown(escape(text)).replace("\\|", "|") == on_one_line(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_makes_links_by_itself_is_set_as_code(text: str) -> None:
    plain = [token.content for token in all_tokens(escape(text)) if token.type == "text"]
    assert not [part for part in plain for sign in ("://", "www.", "@", "$") if sign in part]


@pytest.mark.parametrize("text", HOSTILE)
def test_code_is_one_span_with_the_text(text: str) -> None:
    (span,) = [token for token in all_tokens(f"a {code(text)} b") if token.type == "code_inline"]
    assert span.content == on_one_line(text)


@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_fence_cannot_be_left(text: str, indent: str) -> None:
    block = fence(f"{text}\n{text}", indent=indent)
    document = f"- item\n\n{block}\n\n# end" if indent else f"{block}\n\n# end"
    kinds = [token.type for token in RENDERER.parse(document)]
    assert kinds.count("fence") == 1
    assert kinds.count("heading_open") == 1
    assert kinds[-1] == "heading_close"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_row_keeps_its_cells(text: str) -> None:
    table = "\n".join((row(("a", "b")), row(("---", "---")), row((escape(text), "last"))))
    cells = [token for token in RENDERER.parse(table) if token.type == "td_open"]
    assert len(cells) == 2


@pytest.mark.parametrize(
    "text",
    [
        "deployment shop/checkout, revision 8 (image 2.4.0 → 2.4.1)",
        "env PAYMENT_PROVIDERS is set nowhere",
        "KeyError: 'PAYMENT_PROVIDERS' (providers.py:88); exit 1, 70 s",
        "0.54 is below 0.82",
        "-1 is no port & 5 > 3",
        "#12",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert escape(text) == text


def test_a_long_block_is_cut_and_says_so() -> None:
    block = fence("\n".join("abc"), limit=2)
    assert block.split("\n") == ["```text", "a", "b", "… 1 more lines", "```"]


def test_nothing_is_no_code() -> None:
    assert code("") == ""
    assert escape("") == ""
