"""What the screen of a run asks of the app."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tvtui.testvibe.models import Run


@dataclass
class WentPast(Message):
    """The user went on (1) from the last failure, or back (-1) from the first, and other runs have failures."""

    step: int


@dataclass
class Copied(Message):
    """The user wants to copy a text, which a message calls by this name, or gets it for a reason to be shown."""

    text: str
    name: str
    reason: str = ""


@dataclass
class RunAgain(Message):
    """The user wants to run the feature of this run again."""

    run: Run
