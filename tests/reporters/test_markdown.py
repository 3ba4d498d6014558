"""What goes to the clipboard."""

from __future__ import annotations

from typing import Any

from tests.support.builders import a_case, a_run
from tvtui.reporters import markdown
from tvtui.testvibe.models import Case


def a_failure(**changes: Any) -> Case:
    return a_case(
        **{
            "name": "Locked-out user sees an error",
            "status": "failed",
            "duration_ms": 9120.0,
            "error": "\x1b[31mexpected\x1b[39m to be visible",
            **changes,
        }
    )


def test_a_failure_is_copied_with_its_run_its_error_the_logs_end_and_the_way_back() -> None:
    log = "\n".join(f"line {number}" for number in range(100))
    case = a_failure()
    run = a_run(run_id=214, feature_name="Login", config="Default", status="failed", tests=[case], log=log)

    text = markdown.as_text(run, case)

    assert "Login · run 214 · Default" in text
    assert "Locked-out user sees an error: failed after 9.12 s" in text
    assert "expected to be visible" in text
    assert "\x1b" not in text
    assert "line 99" in text
    assert "line 80" in text
    assert "line 79" not in text
    assert text.endswith("tvtui watch 214\n")


def test_what_is_not_known_is_left_out() -> None:
    case = a_failure(error=None, duration_ms=None)

    text = markdown.as_text(a_run(run_id=7, feature_name=None, config=None, site_url=None, log=None), case)

    assert text == "run 7 · failed\n\nLocked-out user sees an error: failed\n\ntvtui watch 7\n"


def test_as_markdown_it_cannot_break_out_of_its_fence_or_forge_a_heading() -> None:
    case = a_failure(name="*bold* [x](y)", error="```\nnot outside\n````")

    text = markdown.as_markdown(a_run(run_id=214, log="the log"), case)

    assert text.startswith("### \\*bold\\* \\[x\\](y): failed after 9.12 s\n")
    assert "\n`````\n```\nnot outside\n````\n`````\n" in text
    assert text.endswith("`tvtui watch 214`\n")
