"""Takes in the body of a reply, unpacked, and stops where it gets too much."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterator, Mapping

from tvtui.client.reply import Gunzip
from tvtui.text.format import size
from tvtui.text.redact import quoted


async def read_into(
    body: bytearray, stream: AsyncIterable[bytes], headers: Mapping[str, str], *, largest: int, host: str
) -> None:
    """Read and unpack a body; what came before an error is in `body` as well.

    Args:
        body: Where it goes to.
        stream: As it is on the wire.
        headers: Of the reply.
        largest: Bytes, unpacked.
        host: The server as a sentence names it.

    Raises:
        ValueError: It is too large, packed in an unknown way, or the packing is broken; the message is a sentence.
    """
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        raise ValueError(f"{host} packed its answer in a way that was not asked for: {quoted(packing)}.")
    gunzip = Gunzip() if packing.endswith("gzip") else None
    too_large = f"{host} answered with more than {size(largest)}: that is no digest."
    announced = headers.get("content-length", "")
    if announced.isdecimal() and float(announced) > largest:
        raise ValueError(too_large)
    async for packed in stream:
        for piece in (packed,) if gunzip is None else _unpacked(gunzip, packed, host):
            body += piece
            if len(body) > largest:
                raise ValueError(too_large)
            # neither a bomb nor a torrent may keep the screen from being drawn
            await asyncio.sleep(0)
    if gunzip is not None and not gunzip.is_complete:
        raise ValueError(f"The answer of {host} breaks off: its packing (gzip) has no end.")


def _unpacked(gunzip: Gunzip, packed: bytes, host: str) -> Iterator[bytes]:
    try:
        yield from gunzip.unpack(packed)
    except ValueError:
        raise ValueError(f"The packing (gzip) of the answer of {host} is broken.") from None
