"""Decoding a diagnosis, whatever a server sends, without keeping any link."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_case, a_run
from tvtui.reporters import markdown
from tvtui.testvibe.diagnosis import Diagnosis, Failure, find_failure, read_diagnosis
from tvtui.testvibe.diagnosis_texts import LONGEST_TEXT, MOST_PASSAGES, MOST_TEXT, Kind
from tvtui.testvibe.models import Outcome
from tvtui.text.clean import clean_block, clean_line
from tvtui.text.redact import without_queries, without_signatures
from tvtui.view.diagnosis import sections_of

DOCUMENTED: dict[str, Any] = {
    "runId": 214,
    "status": "failed",
    "verdict": "failed",
    "featureId": 12,
    "featureName": "Login Functionality",
    "config": "Default",
    "siteUrl": "https://demo.example",
    "finishedUtc": "2026-06-11T09:15:42Z",
    "summary": {"total": 3, "passed": 2, "failed": 1},
    "failures": [
        {
            "name": "Login > locked out user",
            "status": "failed",
            "durationMs": 12044,
            "error": "TimeoutError: locator.click: Timeout 10000ms exceeded …",
        }
    ],
}
FEATURE = "@auth\nFeature: Login\n\n  Scenario: Locked out\n    Given a user\n"
SPEC = "import { test } from '@playwright/test';\ntest('locked out', async () => {});\n"
SIGNED = "https://store.blob.example/trace.zip?sv=1&sig=SECRET"


def read(**fields: Any) -> Diagnosis:
    return read_diagnosis(json.dumps(fields).encode())


def kinds(**fields: Any) -> list[tuple[str, str, str]]:
    return [(passage.kind.value, passage.name, passage.text) for passage in read(**fields).passages]


def all_text(diagnosis: Diagnosis) -> str:
    parts = [repr(diagnosis)]
    for failure in diagnosis.failures:
        parts += [
            failure.case.name,
            failure.case.error or "",
            *(f"{part.name}\n{part.text}" for part in failure.passages),
        ]
    return "\n".join([*parts, *(f"{passage.name}\n{passage.text}" for passage in diagnosis.passages)])


def test_the_documented_fields() -> None:
    diagnosis = read(**DOCUMENTED)
    (failure,) = diagnosis.failures

    assert (diagnosis.run_id, diagnosis.verdict, diagnosis.config) == (214, "failed", "Default")
    assert diagnosis.summary is not None
    assert (diagnosis.summary.failed, diagnosis.summary.other) == (1, None)
    assert (failure.case.name, failure.case.duration_ms) == ("Login > locked out user", 12044)
    assert (failure.case.error or "").startswith("TimeoutError")
    assert diagnosis.passages == ()


@pytest.mark.parametrize(
    ("key", "value", "kind", "name"),
    [
        ("gherkin", FEATURE, "gherkin", "gherkin"),
        ("x", FEATURE, "gherkin", "x"),
        ("x", "# language: de\nFunktionalität: A\n", "gherkin", "x"),
        ("featureText", "Funktionalität: Anmeldung\n  Szenario: A", "gherkin", "featureText"),
        ("feature", {"path": "login.feature", "content": FEATURE}, "gherkin", "login.feature"),
        ("feature", {"id": 12, "gherkin": FEATURE}, "gherkin", "feature · id 12"),
        ("specs", [{"path": "a.spec.ts", "content": SPEC}], "spec", "a.spec.ts"),
        ("specs", [{"name": "a", "source": SPEC, "language": "ts"}], "spec", "a · language ts"),
        ("specs", {"tests/links.spec.ts": SPEC}, "spec", "tests/links.spec.ts"),
        ("specSource", SPEC, "spec", "specSource"),
        ("testCode", SPEC.splitlines(), "spec", "testCode"),
        ("files", {"a.spec.js": SPEC}, "spec", "a.spec.js"),
        ("logTail", "boom", "log", "logTail"),
        ("log_tail", ["boom\n", "bang"], "log", "log_tail"),
        ("run", {"logTail": "boom\nbang"}, "log", "run.logTail"),
        ("loginHint", "use\nadmin", "other", "loginHint"),
        ("logLevel", "info", "other", "logLevel"),
        ("specPath", "tests/login.spec.ts", "other", "specPath"),
        ("environment", {"browser": "chromium"}, "other", "environment"),
        ("advice", "try again", "other", "advice"),
        ("failures", "none\nat all", "other", "failures"),
    ],
)
def test_texts_are_classified_by_key_name_or_start(key: str, value: object, kind: str, name: str) -> None:
    ((found, named, text),) = kinds(**{key: value})

    assert (found, named) == (kind, name)
    assert text == text.strip("\n") != ""


def test_texts_are_ordered_from_gherkin_to_unknown() -> None:
    found = kinds(a="?", logTail="boom", specs={"a.ts": SPEC}, gherkin=FEATURE)

    assert [kind for kind, *_ in found] == ["gherkin", "spec", "log", "other"]


def test_unknown_values_keep_their_own_key() -> None:
    found = read(flaky=True, retries=0, owner={"team": "shop", "tags": ["a", 1]}, note=None, more="", less=[])

    assert {(passage.name, passage.text) for passage in found.passages} == {
        ("flaky", "true"),
        ("retries", "0"),
        ("owner", '{\n  "team": "shop",\n  "tags": [\n    "a",\n    1\n  ]\n}'),
    }
    (failure,) = read(failures=[{"name": "a", "retry": 2, "stack": "at x\nat y"}]).failures
    assert [(passage.name, passage.text) for passage in failure.passages] == [("retry", "2"), ("stack", "at x\nat y")]


@pytest.mark.parametrize(
    "fields",
    [
        {"artifactLinks": [{"kind": "trace", "url": SIGNED}]},
        {"artifacts": SIGNED},
        {"downloads": {"link": SIGNED, "traceLink": {"at": SIGNED}, "artifact": [SIGNED]}},
        {"report": SIGNED},
        {"evidence": [{"path": "trace.zip", "url": SIGNED}, [SIGNED]]},
        {"files": {SIGNED: "x\ny", "trace/a.zip": SIGNED}},
        {"files": [{"path": SIGNED, "text": "a\nb", "url": SIGNED, "far": {"url": SIGNED}}]},
        {"logTail": f"uploaded to {SIGNED}\ndone"},
        {"gherkin": f"Feature: a\n  # {SIGNED}\n"},
        {"specs": {"a.spec.ts": f"// {SIGNED}\n// done"}},
        {"siteUrl": SIGNED, "verdict": SIGNED},
        {"failures": [{"name": "a", "error": f"see {SIGNED}", "traceUrl": SIGNED, "artifacts": [SIGNED]}]},
        {"failures": [{"name": "a", "error": {"message": SIGNED}}, {"name": "b", "error": [{"url": SIGNED}]}]},
        {"page": "https://s.example/r#access_token=SECRET", "other": "//s.example/r?a=1&Signature=SECRET"},
        {"odd": "https%3A%2F%2Fs.example%2Ft%3Fsig%3DSECRET", "html": "https://s.example/r?a=1&amp;sig=SECRET"},
        {"padding": "x" * (LONGEST_TEXT - 30) + "\n" + SIGNED},
    ],
    ids=",".join,
)
def test_no_signed_link_is_kept(fields: dict[str, Any]) -> None:
    diagnosis = read(**fields)

    assert "SECRET" not in all_text(diagnosis)
    assert "SECRET" not in markdown.diagnosis_as_text(a_run(), sections_of(diagnosis, None, None), "")


def test_an_error_may_compare_addresses() -> None:
    (failure,) = read(failures=[{"name": "a", "error": 'Expected: "https://s.example/cart?step=2"'}]).failures

    assert failure.case.error == 'Expected: "https://s.example/cart?step=2"'
    assert without_queries("https://s.example/cart?step=2 or /a?b") == "https://s.example/cart?… or /a?b"


@given(st.text("ab?&#=/:. %3fsigtoken\n", max_size=80))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    for without in (without_queries, without_signatures):
        assert without(without(text)) == without(text)
    assert without_signatures(f"{text} https://h.example/?{'a=1&' * 3}sig=SECRET{text}").count("SECRET") == 0


TEXT = st.text("a\x1b[2J\n\r\x9b\u202e/?=:.", max_size=12)
JSON = st.recursive(
    st.sampled_from([None, True, -1, 1e300, "", "a\nb", FEATURE, SIGNED]) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from([*DOCUMENTED, "gherkin", "specs", "logTail", "artifactLinks", "x"])


@given(st.dictionaries(FIELDS, JSON, max_size=6))
def test_any_json_is_decoded_and_cleaned(fields: dict[str, Any]) -> None:
    diagnosis = read(**fields)

    for text in [passage.text for passage in diagnosis.passages] + [f.case.error or "" for f in diagnosis.failures]:
        assert clean_block(text) == text
    for name in [passage.name for passage in diagnosis.passages] + [
        failure.case.name for failure in diagnosis.failures
    ]:
        assert clean_line(name) == name


def test_hostile_text_is_cleaned_and_keeps_its_colours() -> None:
    found = kinds(**{"lo\x1b[2Jg\n": "\x1b]52;c;x\x07\x1b[31mred\x1b[39m\r\n\x9b5n", "gherkin": "Feature: \u202ea"})

    assert found == [("gherkin", "gherkin", "Feature: a"), ("other", "log", "\x1b[31mred\x1b[39m")]


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"<html>", b'{"runId": 214', b"[" * 100_000])
def test_anything_else_is_an_error_in_one_sentence(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^The response [^\n]*\.$"):
        read_diagnosis(body)


def test_endless_nesting_is_reported() -> None:
    deep = b'{"x": ' + b'{"a\\nb":[' * 150 + b"1" + b"]}" * 150 + b"}"

    (passage,) = read_diagnosis(deep).passages
    assert passage.name == "x"


def test_too_much_text_is_cut_and_counted() -> None:
    lines = "\n".join(f"line {number:06}" for number in range(LONGEST_TEXT // 10))
    log, spec = read(logTail=lines).passages[0], read(specs={"a.ts": lines}).passages[0]

    assert log.text.endswith(lines[-40:])
    assert log.text.startswith("line ")
    assert spec.text.startswith("line 000000\n")
    assert len(log.text) + log.omitted == len(spec.text) + spec.omitted == pytest.approx(len(lines), abs=2)

    many = read(**{f"key{number}": "a" for number in range(MOST_PASSAGES + 7)})
    assert (len(many.passages), many.left_out) == (MOST_PASSAGES, 7)
    large = read(**{f"key{number}": "a" * LONGEST_TEXT for number in range(20)})
    assert sum(len(passage.text) for passage in large.passages) <= MOST_TEXT
    assert len(large.passages) + large.left_out == 20


def test_one_odd_failure_does_not_hide_the_others() -> None:
    diagnosis = read(failures=["and more", {"name": "a", "status": "failed"}, 5, None])

    assert [failure.case.name for failure in diagnosis.failures] == ["a"]
    assert [(passage.name, passage.text) for passage in diagnosis.passages] == [
        ("failures", '[\n  "and more",\n  5\n]')
    ]


@pytest.mark.parametrize("status", ["paßed", "pas\u202esed"])
def test_a_failure_whose_status_only_looks_like_a_pass_is_none(status: str) -> None:
    (failure,) = read(failures=[{"name": "a", "status": status}]).failures

    assert failure.case.outcome is Outcome.OTHER


def test_an_error_with_a_message_and_a_stack_without_it_has_both() -> None:
    (failure,) = read(failures=[{"name": "a", "error": {"message": "no", "stack": "at Login()"}}]).failures

    assert failure.case.error == "no\nat Login()"


class TestFinding:
    """The failure of a test, by name."""

    LOCKED = a_case("Locked out", status="failed")

    def find(self, *names: str, tests: list[Any] | None = None) -> str | None:
        failures = [Failure(a_case(name, status="failed")) for name in names]
        found = find_failure(failures, self.LOCKED, tests or [self.LOCKED])
        return None if found is None else found.case.name

    @pytest.mark.parametrize("name", ["Locked out", "Login > Locked out", "a > b › Locked out"])
    def test_with_or_without_its_suite(self, name: str) -> None:
        assert self.find("Another > one", name) == name

    def test_an_exact_name_takes_precedence(self) -> None:
        assert self.find("Login > Locked out", "Locked out") == "Locked out"

    @pytest.mark.parametrize("names", [[], ["Login > locked out"], ["Locked out > x"], ["Login>Locked out"]])
    def test_no_failure_matches(self, names: list[str]) -> None:
        assert self.find(*names) is None

    def test_by_the_name_that_was_sent(self) -> None:
        tab, space = a_case("a\tb", status="failed"), a_case("a b", status="failed")
        failures = [Failure(a_case(f"Login > {name}", status="failed")) for name in ("a b", "a\tb")]
        assert [find_failure(failures, case, [tab, space]) for case in (space, tab)] == failures

    def test_two_failures_match(self) -> None:
        assert self.find("Login > Locked out", "Admin > Locked out") is None
        assert self.find("Locked out", "Locked out") is None

    def test_two_failed_tests_share_the_name(self) -> None:
        assert self.find("Login > Locked out", tests=[self.LOCKED, self.LOCKED]) is None
        passed = a_case("Locked out")
        assert self.find("Login > Locked out", tests=[self.LOCKED, passed]) == "Login > Locked out"
        assert find_failure([Failure(a_case("Locked out"))], passed, [passed]) is None
        skipped = a_case("Locked out", status="skipped")
        assert self.find("Login > Locked out", tests=[self.LOCKED, skipped]) == "Login > Locked out"
        assert find_failure([Failure(a_case("Locked out"))], skipped, [skipped]) is None

    def test_whichever_way_the_suite_is_written(self) -> None:
        case = a_case("Login › Locked out", status="failed")
        failure = Failure(a_case("Suite > Login > Locked out"))
        assert find_failure([failure], case, [case]) is failure


def test_it_is_copied_as_text_and_as_markdown_with_the_selected_test_first() -> None:
    failures = [{"name": "a", "status": "failed"}, {"name": "b", "status": "failed", "error": "\x1b[31mno\x1b[39m"}]
    run, diagnosis = a_run(), read(failures=failures, gherkin=FEATURE, specs={"a.ts": SPEC}, logTail="```", x=1)

    sections = sections_of(diagnosis, diagnosis.failures[1].case, diagnosis.failures[1])
    text = markdown.diagnosis_as_text(run, sections, "tvtui watch 214")
    as_markdown = markdown.diagnosis_as_markdown(run, sections, "tvtui watch 214")

    assert text.index("== b: failed ==\n\nno\n\n== Gherkin: gherkin ==") < text.index("== a: failed ==\n\n== Log")
    assert text.endswith("== Log: logTail ==\n\n```\n\n== x ==\n\n1\n\ntvtui watch 214\n")
    assert "### Spec: a.ts\n\n```ts\nimport" in as_markdown
    assert "````\n```\n````" in as_markdown
    assert "\x1b" not in text + as_markdown


def test_kinds_are_in_reading_order() -> None:
    assert [kind.heading for kind in Kind] == ["Gherkin", "Spec", "Log", ""]
