"""Decoding successive digests: unchanged parts stay the same objects, and every invalid body is a sentence."""

from __future__ import annotations

import json
import re
import tracemalloc
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import a_case, a_digest, a_run
from tvtui.testvibe.decoding import parse
from tvtui.testvibe.models import Case, Reader, Run, api_name, by_api_name


def body_of(**fields: object) -> bytes:
    return json.dumps(a_digest(**fields)).encode()


def read_of(reader: Reader, digest: dict[str, object]) -> Run:
    return reader.read(json.dumps(digest).encode())


def kept(before: Run, after: Run) -> list[str]:
    """The names of the tests that are the same objects in both runs."""
    old = {id(case) for case in before.tests}
    return [case.name for case in after.tests if id(case) in old]


def cases(*names: str) -> list[Case]:
    return [a_case(name) for name in names]


def test_the_same_body_is_the_same_run() -> None:
    reader = Reader()
    body = body_of()
    run = reader.read(body)
    assert run == a_run()
    assert reader.read(bytes(bytearray(body))) is run


def test_unchanged_tests_are_the_same_objects() -> None:
    reader = Reader()
    before = reader.read(body_of(tests=cases("a", "b", "c")))
    after = reader.read(body_of(tests=[a_case("a"), a_case("b", status="failed"), a_case("c"), a_case("d")]))
    assert kept(before, after) == ["a", "c"]
    assert [case.status for case in after.tests] == ["passed", "failed", "passed", "passed"]
    assert after.counts.total == 4


def test_the_next_digest_needs_no_memory_for_unchanged_tests() -> None:
    digest = a_digest(tests=[])
    tests = [{"name": f"{number} {'x' * 1000}", "status": "passed"} for number in range(100)]
    first, second = (
        json.dumps(digest | {"tests": tests, "status": status}).encode() for status in ("failed", "passed")
    )
    reader = Reader()
    reader.read(first)
    tracemalloc.start()
    reader.read(second)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 50_000


def test_a_new_test_in_between_keeps_the_others() -> None:
    reader = Reader()
    before = reader.read(body_of(tests=cases("a", "b", "c")))
    after = reader.read(body_of(tests=cases("a", "new", "b", "newer", "c")))
    assert kept(before, after) == ["a", "b", "c"]
    assert [case.name for case in after.tests] == ["a", "new", "b", "newer", "c"]


@pytest.mark.parametrize("names", ["", "a", "c", "cba", "aabc", "bc", "abcabc"])
def test_tests_are_always_what_the_server_sends(names: str) -> None:
    reader = Reader()
    reader.read(body_of(tests=cases("a", "b", "c")))
    assert [case.name for case in reader.read(body_of(tests=cases(*names))).tests] == list(names)
    assert [case.name for case in reader.read(body_of(tests=cases("a", "b", "c"))).tests] == ["a", "b", "c"]


def test_nulls_among_the_tests_are_skipped() -> None:
    reader = Reader()
    digest = a_digest(tests=cases("a", "b"))
    before = reader.read(json.dumps(digest).encode())
    tests = digest["tests"]
    assert isinstance(tests, list)
    after = reader.read(json.dumps(digest | {"tests": [None, tests[0], None, tests[1]]}).encode())
    assert kept(before, after) == ["a", "b"]
    assert reader.read(json.dumps(digest | {"tests": None}).encode()).tests == ()


def test_tests_that_have_vanished_are_counted_until_there_are_some_again() -> None:
    reader = Reader()
    digest = a_digest(tests=cases("a", "b"))
    assert read_of(reader, digest | {"vanished": 5}).vanished == 0
    assert read_of(reader, digest | {"tests": None, "vanished": 5}).vanished == 2
    assert read_of(reader, digest | {"tests": [], "log": "more"}).vanished == 2
    assert read_of(reader, digest | {"tests": "odd"}).vanished == 0, "these are unreadable"
    assert read_of(reader, digest).vanished == 0
    assert read_of(Reader(), digest | {"tests": None}).vanished == 0


def test_unreadable_rows_are_counted_in_each_answer() -> None:
    reader = Reader()
    digest = a_digest(tests=cases("a", "b"))
    odd = [5, *digest["tests"], "x"]  # type: ignore[misc]  # the digest is a plain object
    before = reader.read(json.dumps(digest | {"tests": odd}).encode())
    assert before.unreadable == ("row", "row")
    after = reader.read(json.dumps(digest | {"tests": odd, "log": "more"}).encode())
    assert after.unreadable == ("row", "row")
    assert kept(before, after) == ["a", "b"]
    assert after.tests == before.tests
    assert reader.read(json.dumps(digest).encode()).unreadable == ()


BAD = {
    b"": "The response is empty.",
    b" \r\n": "The response is empty.",
    b"<!doctype html><title>evil</title>": "The response is not JSON: expecting value at line 1 column 1.",
    b'{"runId": 214, "status": "fai': "The response is incomplete: unterminated string starting at line 1 column 26.",
    b'{"runId": 214} evil': "The response is not JSON: extra data at line 1 column 16.",
    b"[" * 100_000: "The response is nested too deeply.",
    b'{"runId": ' + b"9" * 5000 + b"}": "The response is not JSON: a number in it is too long.",
    b"\xff\xfe{\0}\0": "The response is not JSON: expecting value at line 1 column 1.",
    b"null": "The response is not a run's digest: it is not an object.",
    b"[]": "The response is not a run's digest: it is not an object.",
    b"{}": "The response is not a run's digest: runId is missing.",
    b'{"runId": 214}': "The response is not a run's digest: status is missing.",
    b'{"error": "not_found", "message": "evil"}': "The response is not a run's digest: runId is missing.",
    b'{"runId": "evil", "status": "failed"}': "The response is not a run's digest: runId is not a whole number.",
    b'{"runId": NaN, "status": "failed"}': "The response is not a run's digest: runId is not a whole number.",
    b'{"runId": 214, "status": null}': "The response is not a run's digest: status is not a string.",
    b'{"runId": 214.5, "status": "x"}': "The response is not a run's digest: runId is not a whole number.",
}


@pytest.mark.parametrize(("body", "sentence"), BAD.items(), ids=[body[:45].decode("latin-1") for body in BAD])
def test_an_invalid_body_is_a_sentence_and_changes_nothing(body: bytes, sentence: str) -> None:
    reader = Reader()
    run = reader.read(body_of())
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$") as caught:
        reader.read(body)
    assert caught.type is ValueError
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert reader.read(body_of()) is run


def test_a_body_is_incomplete_wherever_it_was_cut() -> None:
    whole = rb'{"a": [true, false, null], "b": {"c": "d\n\"\u00e9"}, "e": -1.5e+3}'
    for end in range(1, len(whole)):
        with pytest.raises(ValueError, match=r"^The response is incomplete: "):
            parse(whole[:end])


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"runId":1,"status":"x","tests":[{"name":"a\\ud800b"}]}', "a\ufffdb"),
        (b'{"runId":1,"status":"x","tests":[{"name":"\\udc00\\ud83d\\ude42"}]}', "\ufffd🙂"),
        (b'{"runId":1,"status":"x","tests":[{"name":"caf\xe9"}]}', "caf\ufffd"),
        (b'\xef\xbb\xbf{"runId":1,"status":"x","tests":[{"name":"a"}]}', "a"),
        (b'{"runId":1,"status":"x","tests":[{"name":"a\tb\x00"}]}', "a b"),
        (b'{"runId":1,"status":"x","tests":[{"name":"a","durationMs":1e999}]}', "a"),
        (b'{"runId":2,"runId":1,"status":"y","status":"x","tests":[{"name":"b","name":"a"}]}', "a"),
        (b'{"runId":1,"status":"x","tests":[{"name":"a","deep":' + b"[" * 300 + b"]" * 300 + b"}]}", "a"),
    ],
)
def test_slightly_invalid_json_is_decoded(body: bytes, name: str) -> None:
    reader = Reader()
    run = reader.read(body)
    assert (run.run_id, run.status) == (1, "x")
    assert [str(case.name) for case in run.tests] == [name]
    assert replace(run.tests[0], name=name) == Case(name=name)
    assert reader.read(body + b" ").tests[0] is run.tests[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [api_name(field.name) for model in (Run, Case) for field in fields(model)]


def read_or_sentence(reader: Reader, body: bytes) -> Run | str:
    """The run, or the sentence instead."""
    try:
        return reader.read(body)
    except ValueError as error:
        return str(error)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
    st.integers(0, 400),
)
def test_any_body_is_a_run_or_a_sentence(digest: dict[str, object], test: dict[str, object], end: int) -> None:
    reader = Reader()
    whole = json.dumps({"runId": 214, "status": "failed", "tests": [test, test]} | digest).encode()
    for body in (whole, whole[:end], whole + b" "):
        match read_or_sentence(reader, body):
            case str(sentence):
                assert re.fullmatch(r"The response [^\x1b\n]*\.", sentence)
            case run:
                assert run.counts.total >= 0
                assert isinstance(run.counts_disagree, bool)
                json.dumps(by_api_name(run), default=str).encode()
