"""A diagnosis, and answers to requests for one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tvtui.testvibe.diagnosis import Diagnosis, read_diagnosis

FEATURE = """\
@auth
Feature: Login
  Scenario: Signs in
    Given a user
  Scenario: Locked out
    Given a user "who is locked out"
"""
SPEC = "import { test } from '@playwright/test';\ntest('Locked out', async ({ page }) => {\n});\n"
DIAGNOSIS: dict[str, Any] = {
    "runId": 214,
    "failures": [
        {"name": "Login > Password reset", "status": "failed", "error": "the whole reset"},
        {"name": "Login > Locked out", "status": "failed", "error": "\x1b[31mthe whole error\x1b[39m\nof the lock"},
    ],
    "gherkin": FEATURE,
    "specs": [{"path": "tests/login.spec.ts", "content": SPEC}],
    "logTail": "\x1b[31mlast words\x1b[39m",
    "oddity": "nobody knows",
    "artifactLinks": [{"url": "https://store.example/t.zip?sig=SECRET"}],
    "report": "https://store.example/r.html?sig=SECRET",
}


class Diagnoses:
    """Answers requests for a diagnosis in turn, with the last answer from then on."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.requests = 0
        self.released = asyncio.Event()
        self.released.set()

    async def __call__(self) -> Diagnosis:
        self.requests += 1
        await self.released.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return read_diagnosis(json.dumps(answer).encode())
