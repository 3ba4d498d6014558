"""Why a request failed: one error for each thing a user can understand and act on."""

from __future__ import annotations

from typing import ClassVar


class ClientError(Exception):
    """A request failed; `str()` says why and what to do. Contains nothing of the request, so never the key.

    Attributes:
        what: What happened, in one sentence.
        advice: What to do next, in one sentence; "" if there is nothing to do.
        meanwhile: The advice while the request is being retried; the same unless there is something else to do then.
        retry_after: Seconds that the server asks to wait, at most 300; None if it does not say.
        brief: What happened in two or three words; "" if these would only say that there was no response.
    """

    brief: ClassVar[str] = ""

    def __init__(
        self, what: str, advice: str = "", *, retry_after: float | None = None, meanwhile: str | None = None
    ) -> None:
        super().__init__(f"{what} {advice}".strip())
        self.what = what
        self.advice = advice
        self.meanwhile = advice if meanwhile is None else meanwhile
        self.retry_after = retry_after


class Unreachable(ClientError):
    """No response: host not found, connection refused or reset, proxy, TLS, time limit."""


class Refused(ClientError):
    """The API key was rejected: 401, 403."""

    brief = "key rejected"


class NotFound(ClientError):
    """The run, project, feature or URL does not exist: 404, 410.

    Attributes:
        subject: What does not exist, as in "Run 214"; "" if it is a web page that says so.
        status: The HTTP status.
    """

    brief = "run not found"

    def __init__(self, what: str, advice: str = "", *, subject: str = "", status: int = 404) -> None:
        super().__init__(what, advice)
        self.subject = subject
        self.status = status

    def before_it_appears(self) -> NotFound:
        """The same error for something that may just have been created."""
        if not self.subject:
            return self
        advice = f"If it was not just started, {self.advice[:1].lower()}{self.advice[1:]}"
        return NotFound(f"{self.subject} was not found yet.", advice, subject=self.subject, status=self.status)

    def after_it_was_there(self) -> NotFound:
        """The same error for something that existed a moment ago."""
        if not self.subject:
            return self
        what = f"{self.subject} is no longer found ({self.status})."
        return NotFound(what, "It may have been deleted.", subject=self.subject, status=self.status)


class Conflict(ClientError):
    """The server cannot do this now: 409."""


class Faulty(ClientError):
    """The server failed: 5xx, and every other status without an answer."""


class Busy(ClientError):
    """The server asks for a wait: 429, and 503 with Retry-After."""


class TimeUp(ClientError):
    """The time limit for the whole watch was reached: `--max-time`."""

    brief = "time limit reached"


class Unreadable(ClientError):
    """The response is not what was requested: a web page, empty, cut off, wrong types, another run, too large."""


class Redirected(ClientError):
    """The server redirects to where the key must not be sent, or in a loop."""


class Expired(ClientError):
    """A link to the storage has expired, or its file is gone: 403, 404; a fresh link may help."""


class Recorded(ClientError):
    """There is no server to ask: what is shown is a recording."""


class Uncertain(ClientError):
    """The start of a run was requested but not confirmed: it may have started, so the request is not repeated."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} The run may or may not have started.", "tvtui does not retry: check TestVibe first.")
