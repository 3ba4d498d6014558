"""The results of the demo's runs: recorded in `runs/`, or generated in large numbers.

The errors and logs in `runs/` are Playwright's own, with its colours. `login-and-checkout` is partly written by hand in
Playwright's style: its log, some of its tests, and the errors of a strict mode violation, a refused connection, a crash
and a flaky test. The artifacts were made later from the same specs (see `evidence`); the manifests have their sizes.
`trace` was recorded in one piece, with its artifacts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

from tvtui.demo.evidence import files_ending
from tvtui.demo.timeline import Json, Recording

ERROR_LIMIT = 1_500
"""The service keeps this many characters of an error, from its start."""

LOG_LIMIT = 4_000
"""The service keeps this many characters of a log, from its end."""

_RUNS = Path(__file__).with_name("runs")
_SITE = "https://shop.acme.example"
_DIM, _PLAIN = "\x1b[2m", "\x1b[22m"


@cache
def recorded(name: str) -> Recording:
    """The recording in `runs/<name>.json`."""
    run = json.loads((_RUNS / f"{name}.json").read_text(encoding="utf-8"))
    return Recording(
        status=run["status"],
        feature_id=run["featureId"],
        feature_name=run["featureName"],
        config=run["config"],
        site_url=run["siteUrl"],
        tests=run["tests"],
        artifacts=run["artifacts"],
        log=run["log"],
    )


def matrix() -> Recording:
    """A test with 400 parameters, of which 11 fail; artifacts and log are recorded."""
    return recorded("matrix")._replace(tests=[_price(number) for number in range(400)])


def many(count: int) -> Recording:
    """A regression suite of `count` tests that end in every possible way."""
    tests = list(_regression(count))
    failed = [test for test in tests if test["status"] == "failed"]
    log = "".join(f"\x1b[31m    tests/regression.spec.js › {test['name']}\x1b[39m\n" for test in failed)
    return Recording(
        status="failed",
        feature_id=40,
        feature_name="Regression",
        config="Default",
        site_url=_SITE,
        tests=tests,
        artifacts=[_trace(str(test["name"]), size) for test, size in zip(failed, cycle(_sizes(".zip")), strict=False)],
        log=f"{log}\x1b[31m  {len(failed)} failed\x1b[39m\n"[-LOG_LIMIT:],
    )


def archive(count: int = 200) -> Recording:
    """A run with many artifacts: the recorded ones, repeated under other names."""
    run = recorded("login-and-checkout")
    endings = cycle([("screenshot", "screenshots", ".png"), ("trace", "trace", ".zip"), ("video", "videos", ".webm")])
    sizes = {ending: cycle(_sizes(ending)) for ending in (".png", ".zip", ".webm")}
    artifacts: list[Json] = [
        {"kind": kind, "path": f"{folder}/order-{number:04d}{ending}", "size": next(sizes[ending])}
        for number, (kind, folder, ending) in zip(range(count), endings, strict=False)
    ]
    return run._replace(feature_id=42, feature_name="Archive of orders", artifacts=artifacts)


def long() -> Recording:
    """One failure whose name, path, error and log are as long as the service allows.

    The limits cut anywhere: here the error ends and the log begins inside an escape sequence.
    """
    name = "keeps every line item of an order with forty articles " + "in_the_same_order_after_a_reload_" * 8
    return Recording(
        status="failed",
        feature_id=41,
        feature_name="Orders with very many articles and a name that no column will ever hold in one piece",
        config="Mobile landscape, slow network, German",
        site_url=f"{_SITE}/de/checkout/orders/1042?campaign={'spring-' * 20}",
        tests=[
            {"name": "opens an order", "status": "passed", "durationMs": 1_204, "error": None},
            {"name": name, "status": "failed", "durationMs": 3_725_000, "error": _long_error()},
        ],
        artifacts=[
            _trace(name, 48_213_311),
            {"kind": "video", "path": f"videos/{'nested-folder/' * 12}whole-run.webm", "size": 3_221_225_472},
        ],
        log=_long_log(),
    )


def _long_error() -> str:
    received = ", ".join(f'"SKU-{number:04d} × {number % 9 + 1}"' for number in range(60))
    error = (
        f"Error: {_DIM}expect({_PLAIN}\x1b[31mreceived\x1b[39m{_DIM}).{_PLAIN}toEqual{_DIM}({_PLAIN}"
        f"\x1b[32mexpected\x1b[39m{_DIM}) // deep equality{_PLAIN}\n\n"
        f"Expected: \x1b[32m[]\x1b[39m\nReceived: \x1b[31m[{received}]\x1b[39m\n\n"
    )
    while len(error) < ERROR_LIMIT:
        error += f"{_DIM}    at Order.reload (/srv/e2e/w/steps/order.js:{len(error)}:7){_PLAIN}\n"
    escape = error.rindex("\x1b[", 0, ERROR_LIMIT)
    return ("\n" * (ERROR_LIMIT - 2 - escape) + error)[:ERROR_LIMIT]


def _long_log() -> str:
    log = "".join(
        f"{_DIM}[{number:03d}]{_PLAIN} GET {_SITE}/api/orders/1042/items?page={number}"
        f"&fields={'sku,quantity,price,tax,' * (2 + number % 12)}total \x1b[32m200\x1b[39m\n"
        for number in range(40)
    )
    escape = log.index("\x1b[", len(log) - LOG_LIMIT)
    dots = "·" * (escape + 1 - (len(log) - LOG_LIMIT))
    return (log + dots)[-LOG_LIMIT:]


def _price(number: int) -> Json:
    currency = ("EUR", "USD", "JPY", "GBP")[number % 4]
    test: Json = {
        "name": f"price of SKU-{number:04d} in {currency} × {1 + number % 9}",
        "status": "passed",
        "durationMs": 1 + number * number % 7 * (number % 3),
        "error": None,
    }
    if number % 37 != 5:
        return test
    error = (
        f"Error: rounding of SKU {number}\n\n"
        f"{_DIM}expect({_PLAIN}\x1b[31mreceived\x1b[39m{_DIM}).{_PLAIN}toBe{_DIM}({_PLAIN}\x1b[32mexpected\x1b[39m"
        f"{_DIM}) // Object.is equality{_PLAIN}\n\nExpected: \x1b[32m0\x1b[39m\nReceived: \x1b[31m{number}\x1b[39m"
    )
    return {**test, "status": "failed", "error": error}


def _regression(count: int) -> Iterator[Json]:
    """Tests of a shop with real errors in turn; which ones fail depends only on their number."""
    errors = [test["error"] for test in recorded("login-and-checkout").tests if test["status"] == "failed"]
    areas = ("Cart", "Checkout", "Login", "Orders", "Products", "Search", "Vouchers")
    actions = ("opens", "shows the total of", "refuses an invalid", "keeps a reloaded", "lists every line of")
    for number in range(count):
        status = "passed"
        if number % 41 == 11:
            status = "failed"
        elif number % 97 == 50:
            status = "skipped"
        elif number % 193 == 120:
            status = "flaky"
        elif number % 389 == 200:
            status = "timedOut"
        yield {
            "name": f"{areas[number % 7]} › {actions[number // 7 % 5]} order {number:05d}",
            "status": status,
            "durationMs": 0 if status == "skipped" else 40 + number * number % 2_903,
            "error": errors[number % len(errors)] if status == "failed" else None,
        }


def _sizes(ending: str) -> list[int]:
    """The sizes of all real files with that extension, so that rows of these sizes serve them."""
    return [len(data) for data in files_ending(ending)]


def _trace(name: str, size: int) -> Json:
    slug = "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())
    return {"kind": "trace", "path": f"trace/{slug}.zip", "size": size}
