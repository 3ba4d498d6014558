"""Giving up where there is no user who could act."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from tests.support.builders import a_link, a_run
from tests.support.clock import FakeClock, settle
from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.testvibe.links import ArtifactLink
from tvtui.testvibe.models import Run
from tvtui.watch.deadline import UNATTENDED_SECONDS, RetryingLinks, TimeLimit, with_deadline
from tvtui.watch.events import Problem, Snapshot

RUNNING = a_run(status="running")
ENDED = a_run()


class Watch:
    """A scripted watch: each event comes so many seconds after the one before."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.events: list[Snapshot | Problem] = []
        self.is_closed = False
        self._steps: list[tuple[float, ClientError | Run, float]] = []

    def answers(self, after: float = 2.0, run: Run = RUNNING) -> Watch:
        self._steps.append((after, run, 0.0))
        return self

    def fails(self, error: ClientError, after: float = 2.0, wait: float = 2.0) -> Watch:
        self._steps.append((after, error, wait))
        return self

    async def _script(self) -> AsyncIterator[Snapshot | Problem]:
        since, failures = 0.0, 0
        try:
            for after, error, wait in self._steps:
                await self.clock.sleep(after)
                now = self.clock.now()
                if isinstance(error, Run):
                    failures = 0
                    yield Snapshot(error, now, datetime(2026, 6, 10, tzinfo=UTC), now + 2, is_final=False)
                    continue
                since, failures = (now if failures == 0 else since), failures + 1
                yield Problem(error, since, failures, now + wait)
            await self.clock.sleep(1e9)
        finally:
            self.is_closed = True

    async def _follow(self, patience: float, limit: TimeLimit | None, *, awaits_artifacts: bool) -> None:
        async for event in with_deadline(
            self._script(), self.clock, patience=patience, limit=limit, awaits_artifacts=awaits_artifacts
        ):
            self.events.append(event)

    async def last(
        self,
        seconds: float,
        patience: float = UNATTENDED_SECONDS,
        limit: float | None = None,
        *,
        awaits_artifacts: bool = True,
    ) -> bool:
        """Whether the watch still continues after so many seconds."""
        time_limit = None if limit is None else TimeLimit(limit, self.clock.now() + limit)
        following = asyncio.ensure_future(self._follow(patience, time_limit, awaits_artifacts=awaits_artifacts))
        await self.clock.advance(seconds)
        continues = not following.done()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return continues

    @property
    def finals(self) -> list[bool]:
        return [isinstance(event, Problem) and event.is_final for event in self.events]


DOWN = Unreachable("Cannot reach the server.", "Check your network.")
REFUSED = Refused("The key was refused.")
UNKNOWN = NotFound("Run 214 was not found.")


class TestDeadline:
    """Which problems end a watch before its first answer."""

    async def test_a_refused_key_ends_it_at_once(self) -> None:
        watch = Watch().fails(REFUSED)
        assert not await watch.last(2)
        assert watch.finals == [True]

    async def test_an_unknown_run_ends_it_after_ten_seconds(self) -> None:
        watch = Watch()
        for _ in range(9):
            watch.fails(UNKNOWN)
        assert not await watch.last(13)
        assert watch.finals == [False] * 4 + [True]
        assert isinstance(watch.events[-1], Problem)
        assert watch.events[-1].error is UNKNOWN

    async def test_however_rarely_it_polls(self) -> None:
        watch = Watch().fails(UNKNOWN, wait=30).fails(UNKNOWN, after=30, wait=30)
        assert await watch.last(31)
        assert watch.finals == [False]
        watch = Watch().fails(UNKNOWN, wait=30).fails(UNKNOWN, after=30, wait=30)
        assert not await watch.last(32)
        assert watch.finals == [False, True]

    async def test_a_run_that_was_just_started_may_appear(self) -> None:
        watch = Watch().fails(UNKNOWN).fails(UNKNOWN).answers()
        assert await watch.last(3600)
        assert watch.finals == [False, False, False]

    async def test_a_server_with_only_bad_answers_ends_it_after_a_minute(self) -> None:
        watch = Watch().fails(DOWN).fails(DOWN, after=30, wait=30)
        assert await watch.last(59.9)
        assert watch.finals == [False, False]
        watch = Watch().fails(DOWN).fails(DOWN, after=30, wait=30)
        assert not await watch.last(60)
        assert watch.finals == [False, False, True]
        assert watch.is_closed

    async def test_so_does_a_server_that_never_answers(self) -> None:
        watch = Watch()
        assert not await watch.last(60)
        assert watch.finals == [True]
        assert isinstance(watch.events[0], Problem)
        assert isinstance(watch.events[0].error, Unreachable)
        assert watch.is_closed

    async def test_with_a_longer_limit_it_continues(self) -> None:
        assert await Watch().fails(DOWN).last(3600, patience=3601)

    async def test_after_the_first_answer_an_outage_may_last_for_ever(self) -> None:
        watch = Watch().fails(DOWN).answers().fails(DOWN).fails(REFUSED).fails(DOWN, wait=30)
        assert await watch.last(86_400)
        assert watch.finals == [False] * 5

    @pytest.mark.parametrize("error", [REFUSED, UNKNOWN])
    async def test_but_not_what_only_a_user_could_change(self, error: ClientError) -> None:
        watch = Watch().answers().fails(error, wait=30).fails(error, after=30, wait=30)
        assert await watch.last(63.9)
        watch = Watch().answers().fails(error, wait=30).fails(error, after=30, wait=30)
        assert not await watch.last(64)
        assert watch.finals == [False, False, False, True]
        assert isinstance(watch.events[-1], Problem)
        assert watch.events[-1].error is error
        assert watch.is_closed

    async def test_a_good_answer_starts_that_time_again(self) -> None:
        watch = Watch().answers().fails(REFUSED, wait=30).fails(UNKNOWN, after=30, wait=20).answers(20)
        assert await watch.fails(REFUSED).last(100)
        assert watch.finals == [False] * 5

    async def test_an_unattended_watch_need_not_wait_for_artifacts(self) -> None:
        watch = Watch().answers(run=ENDED)
        assert not await watch.last(2, awaits_artifacts=False)
        assert [event.run for event in watch.events if isinstance(event, Snapshot)] == [ENDED]
        assert await Watch().answers(run=ENDED).last(2)


class TestTimeLimit:
    """`--max-time`."""

    async def test_ends_any_watch(self) -> None:
        for watch in (Watch(), Watch().fails(DOWN), Watch().answers(), Watch().answers().fails(REFUSED)):
            assert not await watch.last(40, limit=40)
            assert isinstance(watch.events[-1], Problem)
            assert watch.events[-1].is_final
            assert str(watch.events[-1].error) == "Stopped after 40 s (--max-time), before the run ended."
            assert watch.finals.count(True) == 1

    async def test_unless_something_else_ends_it_before(self) -> None:
        watch = Watch().fails(REFUSED)
        assert not await watch.last(2, limit=40)
        assert isinstance(watch.events[-1], Problem)
        assert watch.events[-1].error is REFUSED

    async def test_is_no_problem_of_a_run_that_has_ended(self) -> None:
        watch = Watch().answers(run=ENDED)
        assert not await watch.last(40, limit=40)
        assert watch.finals == [False]


class TestEndByItself:
    """A watch that gives up before its deadline."""

    async def test_a_watch_that_ends_by_itself_is_over(self) -> None:
        clock = FakeClock()

        async def gives_up() -> AsyncIterator[Snapshot | Problem]:
            yield Problem(DOWN, 0.0, 1, 2.0)
            yield Problem(DOWN, 0.0, 2, 2.0, is_final=True)

        events = [event async for event in with_deadline(gives_up(), clock, patience=UNATTENDED_SECONDS)]
        assert [isinstance(event, Problem) and event.is_final for event in events] == [False, True]


Links = tuple[ArtifactLink, ...]


class Requests:
    """A server's responses to requests for links, of which the last one is repeated, and what was reported."""

    def __init__(self, *responses: Links | ClientError | None) -> None:
        self.clock = FakeClock()
        self.reported: list[str] = []
        self.sent = 0
        self.under_way = 0
        self._responses = list(responses)
        self.links = RetryingLinks(self._respond, self.clock, 60, self.reported.append)

    async def _respond(self) -> Links:
        """Give the next response; None never comes."""
        self.sent += 1
        self.under_way += 1
        try:
            response = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
            if response is None:
                await asyncio.get_running_loop().create_future()
            if isinstance(response, ClientError):
                raise response
            assert response is not None
            return response
        finally:
            self.under_way -= 1

    async def after(self, seconds: float, work: Callable[[], Awaitable[Links]]) -> Links:
        """The result of some work that takes at most so many seconds."""
        doing = asyncio.ensure_future(work())
        await settle()
        await self.clock.advance(seconds)
        assert doing.done()
        assert self.under_way == 0
        return doing.result()


LINKS = (a_link("a.zip", None, "https://store.example/a.zip"),)


class TestRetryingLinks:
    """How long a list of links is requested."""

    async def test_a_request_without_a_response_ends_at_the_deadline(self) -> None:
        requests = Requests(None)
        with pytest.raises(Unreachable, match="No response from the server"):
            await requests.after(60, requests.links.first)
        assert requests.sent == 1
        assert requests.reported == []

    async def test_the_last_failure_explains_why_it_gave_up(self) -> None:
        requests = Requests(DOWN, DOWN, None)
        with pytest.raises(Unreachable, match="Cannot reach the server"):
            await requests.after(60, requests.links.first)
        assert requests.sent == 3
        assert requests.reported == [f"{DOWN} Retrying for up to 60 s."]

    async def test_it_does_not_wait_beyond_the_deadline(self) -> None:
        requests = Requests(DOWN)
        with pytest.raises(Unreachable, match="Cannot reach the server"):
            await requests.after(60, requests.links.first)
        assert requests.clock.passed == 60

    @pytest.mark.parametrize("error", [REFUSED, UNKNOWN])
    async def test_what_cannot_get_better_is_not_retried(self, error: ClientError) -> None:
        requests = Requests(error)
        with pytest.raises(type(error)):
            await requests.after(0, requests.links.first)
        assert requests.reported == []

    async def test_the_first_list_is_used_once(self) -> None:
        requests = Requests(DOWN, LINKS)
        assert await requests.after(10, requests.links.first) == LINKS
        assert await requests.after(0, requests.links.fetch) == LINKS
        assert requests.sent == 2
        assert await requests.after(0, requests.links.fetch) == LINKS
        assert requests.sent == 3

    async def test_an_empty_list_is_a_response(self) -> None:
        requests = Requests(())
        assert await requests.after(0, requests.links.first) == ()
