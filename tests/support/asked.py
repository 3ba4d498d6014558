"""A client whose network is a function, and what must never be found in anything it lets out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

import httpx

from tests.support.builders import a_digest
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.errors import ClientError

KEY = "tvb_" + "AbCd1234" + "EfGh5678" * 4 + "IjK"
HOST = "testvibe.acme.example"
PROJECT = "6c1d2f0e-5b7a-4a58-9d3e-0f4b8a7c2e19"
SETTINGS = Settings(f"https://{HOST}", ApiKey(KEY), PROJECT)
PATH = f"/api/v1/ops/projects/{PROJECT}/runs/214"

Handler = Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class Torrent(httpx.AsyncByteStream):
    """A body in chunks; counts those that were taken, and may break off."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self._chunks = chunks
        self._error = error
        self.taken = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.taken += 1
            yield chunk
        if self._error is not None:
            raise self._error

    async def aclose(self) -> None:
        self.is_closed = True


def digest(**fields: object) -> bytes:
    return json.dumps(a_digest(**fields)).encode()


def body_of(error: str, message: object) -> bytes:
    return json.dumps({"error": error, "message": message}).encode()


def replying(status: int = 200, body: bytes | Torrent | None = None, **headers: str) -> Handler:
    """A server that always says the same; a good digest unless told otherwise."""

    def reply(_request: httpx.Request) -> httpx.Response:
        stream = body if isinstance(body, Torrent) else Torrent(digest() if body is None else body)
        return httpx.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()}, stream=stream)

    return reply


def raising(error: Exception) -> Handler:
    """A network on which a request fails so."""

    def fail(request: httpx.Request) -> httpx.Response:
        if isinstance(error, httpx.RequestError):
            error.request = request
        raise error

    return fail


async def ask(handler: Handler, *, settings: Settings = SETTINGS, limit: float = 10.0) -> Answer:
    async with Client(settings, transport=httpx.MockTransport(handler), limit=limit) as client:
        return await client.get_run(214)


async def failure(handler: Handler, *, settings: Settings = SETTINGS, limit: float = 10.0) -> ClientError:
    """The error that a request ends with; what it lets out holds no key."""
    try:
        answer = await ask(handler, settings=settings, limit=limit)
    except ClientError as error:
        assert_no_secrets(error)
        return error
    raise AssertionError(f"there was an answer: {answer}")


def assert_no_secrets(error: BaseException) -> None:
    """Look for the key in everything that hangs on an error, but for the frames of its traceback."""
    for each in _chain(error):
        texts = [str(each), repr(each), repr(each.args), repr(vars(each)), *map(str, getattr(each, "__notes__", []))]
        request = getattr(each, "_request", None)
        texts.append(repr(request.headers.raw) if isinstance(request, httpx.Request) else "")
        for text in texts:
            assert KEY not in text, f"{type(each).__name__} holds the key"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    if error is None:
        return
    yield error
    yield from _chain(error.__cause__)
    if error.__context__ is not error.__cause__:
        yield from _chain(error.__context__)
