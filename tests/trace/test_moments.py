"""Which picture of the film shows a moment best."""

from __future__ import annotations

from tvtui.trace.moments import Film, Moment, Shot

OFFSETS = {"a.trace": -1000.0, "b.trace": 0.0}


def a_shot(entry: str, time: float, page: str = "page@1", file: str = "a.trace", wall: float | None = None) -> Shot:
    return Shot(file, entry, page, 480, 320, time, wall)


def a_film(*shots: Shot) -> Film:
    return Film(shots, OFFSETS, lambda name: name != "missing")


def test_pictures_come_by_time_and_only_those_that_are_there() -> None:
    film = a_film(a_shot("late", 3000), a_shot("early", 500, file="b.trace"), a_shot("missing", 2000))
    assert [(frame.entry, frame.time) for frame in film.frames] == [("early", 0.5), ("late", 2.0)]


def test_the_nearest_is_of_the_same_page_and_its_distance_has_a_sign() -> None:
    film = a_film(a_shot("one", 2000), a_shot("two", 3000), a_shot("other", 2400, page="page@2"))
    found = film.nearest("page@1", 1.45)
    assert found
    assert (found[0].entry, round(found[1], 3)) == ("one", -0.45)
    found = film.nearest("page@1", 1.55)
    assert found
    assert (found[0].entry, round(found[1], 3)) == ("two", 0.45)
    found = film.nearest("", 1.45)
    assert found
    assert found[0].entry == "other"


def test_a_page_without_pictures_is_shown_by_those_of_another() -> None:
    found = a_film(a_shot("one", 2000)).nearest("page@9", 0.0)
    assert found
    assert found[0].entry == "one"


def test_the_time_of_day_of_a_snapshot_is_the_most_exact_then_its_own_time() -> None:
    film = a_film(a_shot("one", 2000, wall=70_000), a_shot("two", 3000, wall=90_000))
    by_wall = film.nearest("page@1", 1.0, Moment("a.trace", 2000, 90_100))
    assert by_wall
    assert (by_wall[0].entry, by_wall[1]) == ("two", -0.1)
    by_time = film.nearest("page@1", 2.0, Moment("a.trace", 2100, None))
    assert by_time
    assert (by_time[0].entry, round(by_time[1], 3)) == ("one", -0.1)
    old = a_film(a_shot("one", 2000), a_shot("two", 3000)).nearest("page@1", 9.0, Moment("a.trace", 2100, 90_100))
    assert old
    assert old[0].entry == "one"


def test_no_film_has_no_nearest() -> None:
    assert a_film().nearest("page@1", 1.0, Moment("a.trace", 1, 1)) is None


def test_a_film_of_thousands_of_pictures_that_are_one_and_of_one_moment() -> None:
    film = a_film(*(a_shot("same", 2000, wall=9) for _ in range(5_000)))
    assert len(film.frames) == 5_000
    assert film.nearest("page@1", 3.0) == (a_shot("same", 2000, wall=9), -2.0)
