"""What a step is called and what kind it is: newer versions say it, for older ones it follows from other fields."""

from __future__ import annotations

import re

from tvtui.trace.events import Before
from tvtui.trace.records import Kind

_KINDS = {
    "hook": Kind.HOOK,
    "fixture": Kind.FIXTURE,
    "pw:api": Kind.ACTION,
    "expect": Kind.EXPECT,
    "test.step": Kind.STEP,
    "test.attach": Kind.TEST,
    "attach": Kind.TEST,
}
"""By the method of a test runner's step, or what stands before `@` in its call ID."""

_KINDS_BY_TITLE = (
    (re.compile(r"(?:Before|After) Hooks$|Worker Cleanup$|(?:before|after)(?:Each|All) hook"), Kind.HOOK),
    (re.compile(r"fixture: |Fixture \""), Kind.FIXTURE),
    (re.compile(r"expect[.\s]|Expect \""), Kind.EXPECT),
    (re.compile(r"[Aa]ttach \""), Kind.TEST),
    (re.compile(r"[a-zA-Z]+\.[a-zA-Z]+$"), Kind.ACTION),
)
_GROUPS = {"getter": Kind.GETTER, "route": Kind.ROUTE, "configuration": Kind.CONFIGURATION}
_GETTER = re.compile(
    r"title|textContent|innerText|innerHTML|getAttribute|is[A-Z]\w*|inputValue|ariaSnapshot|cookies"
    r"|allTextContents|allInnerTexts|boundingBox"
)
_ROUTE = re.compile(r"set\w*InterceptionPatterns|(?:un)?route\w*", re.IGNORECASE)
_CONFIGURATION = re.compile(
    r"addInitScript|exposeBinding|exposeFunction|setExtraHTTPHeaders|addCookies|clearCookies|setGeolocation"
    r"|storageState|grantPermissions"
)

_TITLES = {
    "addInitScript": "Add init script",
    "blur": "Blur",
    "check": "Check",
    "click": "Click",
    "close": "Close",
    "dblclick": "Double click",
    "dispatchEvent": "Dispatch event",
    "dragAndDrop": "Drag and drop",
    "evaluateExpression": "Evaluate",
    "evaluateExpressionHandle": "Evaluate",
    "expect": "Expect",
    "fetch": "{method}",
    "fill": 'Fill "{value}"',
    "focus": "Focus",
    "getAttribute": 'Get attribute "{name}"',
    "goBack": "Go back",
    "goForward": "Go forward",
    "goto": "Navigate",
    "hover": "Hover",
    "keyboardPress": 'Press "{key}"',
    "keyboardType": 'Type "{text}"',
    "launch": "Launch browser",
    "newContext": "Create context",
    "newPage": "Create page",
    "press": 'Press "{key}"',
    "reload": "Reload",
    "screenshot": "Screenshot",
    "selectOption": "Select option",
    "setInputFiles": "Set input files",
    "tap": "Tap",
    "textContent": "Get text content",
    "title": "Get page title",
    "tracingGroup": "{name}",
    "type": 'Type "{text}"',
    "uncheck": "Uncheck",
    "waitForSelector": "Wait for selector",
    "waitForTimeout": "Wait for timeout",
}
"""By the method of a library's step."""
_LONGEST_VALUE = 100
_WAITING = "waiting for "
_SCHEME = re.compile(r"[a-z]+://")
_STATE = re.compile(r" to be (?:visible|hidden|attached|detached)$")


def kind_of(runner: Before | None, library: Before | None) -> Kind:
    """The kind of a step, of which either half may be missing."""
    if runner is None:
        return _kind_of_library(library) if library else Kind.STEP
    kind = _KINDS.get(runner.method) or _KINDS.get(runner.call_id.partition("@")[0])
    if kind is None:
        title = _title(runner)
        kind = next((each for pattern, each in _KINDS_BY_TITLE if pattern.match(title)), Kind.STEP)
    if kind is not Kind.ACTION:
        return kind
    return _GROUPS.get(runner.group) or _kind_of_library(library or runner)


def _kind_of_library(before: Before) -> Kind:
    name, _, method = before.api_name.partition(".")
    if before.class_ != "Test" or not method:
        name, method = before.class_, before.method
    if method == "tracingGroup":
        return Kind.STEP
    if name.casefold() == "route" or _ROUTE.fullmatch(method):
        return Kind.ROUTE
    if name.casefold() == "tracing" or _CONFIGURATION.fullmatch(method):
        return Kind.CONFIGURATION
    if method == "expect" or name == "expect":
        return Kind.EXPECT
    return Kind.GETTER if _GETTER.fullmatch(method) else Kind.ACTION


def title_of(runner: Before | None, library: Before | None) -> str:
    """What was done."""
    titles = [title for half in (runner, library) if half and (title := _title(half))]
    if titles:
        return titles[0]
    half = library or runner
    if half is None:
        return ""
    pattern = _TITLES.get(half.method)
    if pattern is None:
        return f"{half.class_}.{half.method}".strip(".") or half.call_id
    short = {name: _shortened(value) for name, value in half.params._asdict().items()}
    return pattern.format_map({**short, "method": short["method"] or "GET"})


def _title(before: Before) -> str:
    return before.title or before.api_name


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 1]}…"


def subtitle_of(runner: Before | None, library: Before | None, log: str, title: str) -> str:
    """What it was done to; empty if the title says it.

    Args:
        runner: The test runner's half of the step.
        library: The library's half.
        log: The first line of the log that says what is waited for; it has the locator in the language of the test.
        title: The step's title.
    """
    halves = [half for half in (runner, library) if half]
    locators = (half.subtitle or half.params.locator for half in halves)
    found = next(filter(None, locators), "")
    if not found and log.startswith(_WAITING):
        found = _STATE.sub("", log.removeprefix(_WAITING))
    # older titles have the locator
    if not found and not title.endswith(")"):
        found = next((half.params.selector.replace("internal:", "") for half in halves if half.params.selector), "")
    if not found:
        found = _SCHEME.sub("", next((half.params.url for half in halves if half.params.url), ""), count=1)
        # newer titles quote the path
        if "/" in found and f'"/{found.partition("/")[2]}"' in title:
            return ""
    return "" if found in title else found
