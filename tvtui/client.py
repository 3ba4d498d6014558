"""The TestVibe API over HTTP; the only module that knows httpx, and the only one that sends the key.

What can go wrong with a request, all of it a `ClientError`:

* ClientError
  · Unreachable   no connection, no such host, no trust, a reset, or no whole answer within the time limit
  · Refused       401 or 403: the key
  · NotFound      404: the run or the project
  · Busy          429, or 503 with Retry-After
  · Faulty        any other status that is not a success
  · Redirected    a redirect to another scheme, host or port
  · Unreadable    an answer, but no digest of this run
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from tvtui import __version__
from tvtui.models import Reader, Run
from tvtui.settings import Settings, is_loopback
from tvtui.text import clean_line, size

BODY_LIMIT = 16 * 1024 * 1024
"""Bytes of an unpacked answer."""
RETRY_LIMIT = 300.0
"""Seconds; a server that asks for more patience than that is asked again all the same."""

_REDIRECTS = 5
_MESSAGE_CHARACTERS = 200


class ClientError(Exception):
    """There is no good answer.

    Attributes:
        what: What happened, a sentence.
        advice: What to do next, a sentence or nothing.
        retry_after: Seconds after which the server wants to be asked again, at most `RETRY_LIMIT`; None if it did
            not say.
    """

    def __init__(self, what: str, advice: str = "", retry_after: float | None = None) -> None:
        super().__init__(what, advice)
        self.what = what
        self.advice = advice
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".rstrip()


class Unreachable(ClientError):
    """The server could not be reached, or did not answer in time."""


class Refused(ClientError):
    """The server refused the key."""


class NotFound(ClientError):
    """The server knows no such run, or no such project."""


class Busy(ClientError):
    """The server wants to be asked later."""


class Faulty(ClientError):
    """The server has a fault of its own."""


class Redirected(ClientError):
    """The server points elsewhere, where the key must not go."""


class Unreadable(ClientError):
    """The answer is not a digest of this run."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer.

    Attributes:
        run: The run as the server tells it.
        server_time: The server's clock when it answered (the Date header, and Age from a cache); None if it did not
            tell.
    """

    run: Run
    server_time: datetime | None


class Client:
    """Asks one server with one key; connections are kept, answers compressed. An async context manager."""

    def __init__(
        self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, limit: float = 10.0
    ) -> None:
        """Make a client; nothing is sent before it is asked.

        Args:
            settings: Server, key and project.
            transport: Takes the network's place in tests.
            limit: Seconds for a whole request, from connecting to the last byte.
        """
        self._settings = settings
        self._transport = transport
        self._limit = limit
        self._http: httpx.AsyncClient | None = None
        self._readers: dict[int, Reader] = {}

    def __repr__(self) -> str:
        return f"Client({self._settings.server!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()

    async def get_run(self, run_id: int) -> Answer:
        """Ask for a run's digest (`get_run` of the API's documentation).

        Raises:
            ClientError: There is no good answer; the exception's class and words tell why.
        """
        project = quote(self._settings.project, safe="")
        url = httpx.URL(f"{self._settings.server}/api/v1/ops/projects/{project}/runs/{run_id}")
        response, body = await self._get(url)
        if not response.is_success:
            raise self._failure(response, body, run_id)
        reader = self._readers.setdefault(run_id, Reader())
        try:
            run = reader.read(body)
        except ValueError as error:
            sentence = str(error)
        else:
            if run.run_id == run_id:
                return Answer(run, _server_time(response))
            sentence = f"The server answered about run {run.run_id} instead of run {run_id}."
        if body.lstrip()[:1] == b"<":
            raise Unreadable(
                "The server answered with a web page (HTML) instead of JSON.",
                "A proxy or a login page may stand in between; check TESTVIBE_SERVER.",
            )
        raise Unreadable(sentence, "A proxy may stand in between, or the server is of another version.")

    async def _get(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        """Ask, following redirects that stay on the server; the answer and its unpacked body."""
        failure: ClientError
        try:
            async with asyncio.timeout(self._limit):
                return await self._follow(url)
        except TimeoutError:
            failure = Unreachable(f"The server gave no whole answer within {self._limit:g} s.")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as error:
            failure = self._explain(error)
        # raised out here, because httpx's exception holds the request and so the key
        raise failure

    async def _follow(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        http = self._http = self._http or self._open()
        for _ in range(_REDIRECTS + 1):
            async with http.stream("GET", url) as response:
                if not response.has_redirect_location:
                    return response, await _unpacked(response)
                target = url.join(response.headers["location"])
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                raise Redirected(
                    f"The server {_place(url)} redirects to {_place(target)}, where the key is not sent.",
                    "Set TESTVIBE_SERVER to that address if you trust it.",
                )
            url = target
        raise Redirected(f"The server {_place(url)} redirects in a circle.", "Check TESTVIBE_SERVER.")

    def _open(self) -> httpx.AsyncClient:
        server = httpx.URL(self._settings.server)
        is_local = is_loopback(server.host)
        return httpx.AsyncClient(
            headers={
                "Authorization": f"Bearer {self._settings.api_key.reveal()}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"tvtui/{__version__}",
            },
            # measured: loading certificates costs 35 ms, which a plain connection to this machine does not need
            verify=not (is_local and server.scheme == "http"),
            trust_env=not is_local,
            timeout=self._limit,
            transport=self._transport,
        )

    def _explain(self, error: Exception) -> ClientError:
        """Tell in words why there was no answer."""
        if isinstance(error, ClientError):
            return error
        place = _place(httpx.URL(self._settings.server))
        causes = list(_causes(error))
        if isinstance(error, httpx.ProxyError):
            return Unreachable("The proxy refused to connect.", "Check HTTPS_PROXY and NO_PROXY.")
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return Unreachable(
                f"The server {place} could not prove that it is the right one (TLS).",
                "Behind a private certificate authority, set SSL_CERT_FILE to its certificate.",
            )
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return Unreachable(f"The host of {place} cannot be found.", "Check TESTVIBE_SERVER, the network, the VPN.")
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return Unreachable(f"The server {place} refused the connection.", "Check TESTVIBE_SERVER.")
        if isinstance(error, httpx.ConnectError):
            return Unreachable(f"No connection to the server {place}.", "Check the network and the VPN.")
        if isinstance(error, httpx.TimeoutException):
            return Unreachable(f"The server gave no whole answer within {self._limit:g} s.")
        if isinstance(error, httpx.RequestError):
            return Unreachable(f"The connection to the server {place} broke off in the middle of an answer.")
        return Unreachable(
            "The network settings of the environment cannot be used.",
            "Check SSL_CERT_FILE, HTTPS_PROXY and HTTP_PROXY.",
        )

    def _failure(self, response: httpx.Response, body: bytes, run_id: int) -> ClientError:
        """What a status that is no success means."""
        status = response.status_code
        said = _message(body)
        told = f" It says: {said}" if said else ""
        if status in {401, 403}:
            return Refused(f"The server refused the key ({status}).{told}", "Set TESTVIBE_API_KEY to a valid key.")
        if status == 404:
            return NotFound(
                f"There is no run {run_id} in project {clean_line(self._settings.project)} (404).",
                "Check the number and TESTVIBE_PROJECT.",
            )
        retry_after = _retry_after(response)
        if status == 429 or (status == 503 and retry_after is not None):
            return Busy(f"The server asks for patience ({status}).{told}", retry_after=retry_after)
        if status >= 500:
            return Faulty(f"The server has a problem of its own ({status}).{told}")
        return Faulty(f"The server answered with status {status}.{told}", "Check TESTVIBE_SERVER.")


async def _unpacked(response: httpx.Response) -> bytes:
    """The body; unpacked here and not by httpx, which would unpack a bomb before its size can be seen.

    Raises:
        Unreadable: It is too large, or not packed as was asked for.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"gzip", "x-gzip", "identity", ""}:
        raise Unreadable(f"The answer is packed in a way that was not asked for ({clean_line(encoding)[:40]}).")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in encoding else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += unpacker.decompress(chunk, BODY_LIMIT + 1 - len(body)) if unpacker else chunk
        except zlib.error:
            raise Unreadable("The answer is damaged: it cannot be unpacked.") from None
        if len(body) > BODY_LIMIT:
            raise Unreadable(f"The answer is larger than {size(BODY_LIMIT)}, which no digest is.")
    if unpacker and not unpacker.eof:
        raise Unreadable("The answer breaks off.")
    return bytes(body)


def _message(body: bytes) -> str:
    """The sentence of an error in the API's documented shape, in one clean line; else nothing."""
    from pydantic_core import from_json

    try:
        error = from_json(body)
    except ValueError:
        return ""
    message = error.get("message") if isinstance(error, dict) else None
    if not isinstance(message, str):
        return ""
    line = clean_line(message).strip()
    return line if len(line) <= _MESSAGE_CHARACTERS else f"{line[:_MESSAGE_CHARACTERS]}…"


def _server_time(response: httpx.Response) -> datetime | None:
    date = _date(response.headers.get("date", ""))
    age = response.headers.get("age", "")
    if date is None or not age.isascii() or not age.isdigit():
        return date
    return date + timedelta(seconds=min(int(age), 10**6))


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _retry_after(response: httpx.Response) -> float | None:
    told = response.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told), RETRY_LIMIT)
    until = _date(told)
    if until is None:
        return None
    now = _server_time(response) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), RETRY_LIMIT)


def _place(url: httpx.URL) -> str:
    """Scheme, host and port: never a path or query, which may hold a secret."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return clean_line(f"{url.scheme}://{host}{f':{url.port}' if url.port else ''}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__
