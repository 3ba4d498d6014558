"""Asking for a diagnosis so that what goes wrong is a value, and an older server is told apart from a missing run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tvtui.client import Answer, ClientError, NotFound
from tvtui.diagnosis import Diagnosis, Undiagnosed


async def ask(
    diagnose: Callable[[], Awaitable[Diagnosis]], fetch: Callable[[], Awaitable[Answer]]
) -> Diagnosis | Undiagnosed:
    """Ask once.

    Args:
        diagnose: Asks for the diagnosis of a run.
        fetch: Asks for the digest of the same run: a server that answers this one and says of the other that it is not
            found knows no diagnoses, although it says so in the words it has for a missing run.
    """
    try:
        return await diagnose()
    except NotFound:
        pass
    except ClientError as error:
        return Undiagnosed(error.what, error.advice)
    try:
        await fetch()
    except ClientError as error:
        return Undiagnosed(error.what, error.advice)
    return Undiagnosed(is_offered=False)
