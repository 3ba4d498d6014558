"""JSON as servers send it, decoded tolerantly."""

from __future__ import annotations

import json
import re

_CUT = r"\s*(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|[-.]?|[eE][-+]?|u[0-9A-Fa-f]{0,4})\s*"
"""What is left of the text where JSON is cut: nothing, or the start of a literal, a number or an escape."""


def parse(body: bytes) -> object:
    """Decode JSON tolerantly: invalid UTF-8 and lone surrogates become U+FFFD, at the latest when a field is read.

    Raises:
        ValueError: The body is not JSON; the message is one sentence without any part of the body.
    """
    text = body.decode("utf-8-sig", "replace")
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("The response is nested too deeply.") from None
    except json.JSONDecodeError as error:
        if not text.strip():
            raise ValueError("The response is empty.") from None
        fault = error.msg.partition(":")[0].removesuffix(" at").lower()
        is_cut = "unterminated" in fault or re.fullmatch(_CUT, text[error.pos :]) is not None
        is_what = "incomplete" if is_cut else "not JSON"
        raise ValueError(f"The response is {is_what}: {fault} at line {error.lineno} column {error.colno}.") from None
    except ValueError:
        # Python reads integers of up to 4,300 digits
        raise ValueError("The response is not JSON: a number in it is too long.") from None
