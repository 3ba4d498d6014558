"""Why there is no good answer: each error is named for what the user should understand.

ClientError
  x Unreachable   no answer: host not found, refused, reset, proxy, TLS, time limit
  x Refused       the key does not open this: 401, 403
  x NotFound      there is no such run, project, feature or address: 404, 410
  x Conflict      the server will not do this now: 409
  x Faulty        the server failed: 5xx, and every other status that brings no answer
  x Busy          the server asks for a pause: 429, and 503 with Retry-After
  x Unreadable    the answer is not what was asked for: a web page, empty, cut off, wrong types, another run, too large
  x Redirected    the server redirects to where the key must not go, or in circles
  x Expired       a link to the storage has expired, or its file is gone: 403, 404 from there
  x Uncertain     a run was asked for and no answer came: it may or may not have started
"""

from __future__ import annotations

from typing import ClassVar


class ClientError(Exception):
    """There is no good answer; `str()` says why and what to do. Holds nothing of the request, so never the key.

    Attributes:
        what: A sentence: what happened.
        advice: A sentence: what to do next; "" if there is nothing.
        retry_after: Seconds for which the server wants to be left alone, at most 300; None if it does not say.
        brief: What happened in two or three words, where these say more than that there was no answer; else "".
    """

    brief: ClassVar[str] = ""

    def __init__(self, what: str, advice: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(f"{what} {advice}".strip())
        self.what = what
        self.advice = advice
        self.retry_after = retry_after


class Unreachable(ClientError):
    """No answer was had: host not found, refused, reset, proxy, TLS, time limit."""


class Refused(ClientError):
    """The key does not open this: 401, 403."""

    brief = "key refused"


class NotFound(ClientError):
    """There is no such run, project, feature or address: 404, 410."""

    brief = "no such run"


class Conflict(ClientError):
    """The server will not do this now: 409."""


class Faulty(ClientError):
    """The server failed: 5xx, and every other status that brings no answer."""


class Busy(ClientError):
    """The server wants to be left alone for a while: 429, and 503 with Retry-After."""


class Unreadable(ClientError):
    """The answer is not what was asked for: a web page, empty, cut off, wrong types, another run, too large."""


class Redirected(ClientError):
    """The server sends us to where the key must not go, or in circles."""


class Expired(ClientError):
    """A link to the storage is not valid any more, or its file is gone: 403, 404; a fresh link may do."""


class Uncertain(ClientError):
    """A run was asked for and no answer came: it may or may not have started, so nobody asks again by itself."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} The run may or may not have started.",
            "It is not asked for again by itself: look in TestVibe first.",
        )
