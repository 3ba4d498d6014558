"""Foreign text in Markdown, where it is neither markup nor the end of the block that it stands in."""

from __future__ import annotations


def escaped(text: str) -> str:
    """A line of text as Markdown that shows it."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in text)


def fenced(text: str, language: str = "") -> str:
    """A block of text as a code block, with a fence that the text does not contain."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def code(text: str) -> str:
    """A line of text as code: no link, no mention, no markup; "" if it is empty."""
    if not text:
        return ""
    mark = "`"
    while mark in text:
        mark += "`"
    # a blank is taken away on both sides again
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{mark}{pad}{text}{pad}{mark}"


def cell(text: str) -> str:
    """A line of text as code in a cell of a table."""
    return code(text).replace("|", "\\|")
