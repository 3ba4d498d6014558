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
