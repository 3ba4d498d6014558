"""The formats of documents: one row each, from which the options of the command line are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tvtui.reporters.reporter import Reporter


class Format(NamedTuple):
    """A format in which documents are written.

    Attributes:
        name: That of its option, without the dashes.
        help: What `--help` says of it.
        load: Imports the format, which is done when it has been asked for, and returns a reporter.
    """

    name: str
    help: str
    load: Callable[[], Reporter]


def _junit() -> Reporter:
    from tvtui.reporters.junit import JunitReporter

    return JunitReporter()


def _ctrf() -> Reporter:
    from tvtui.reporters.ctrf import CtrfReporter

    return CtrfReporter()


def _json_file() -> Reporter:
    from tvtui.reporters.json_file import JsonFileReporter

    return JsonFileReporter()


def _markdown() -> Reporter:
    from tvtui.reporters.markdown_summary import MarkdownReporter

    return MarkdownReporter()


FORMATS = (
    Format("junit", "Write JUnit XML; - is stdout.", _junit),
    Format("ctrf", "Write CTRF, a JSON format of test results; - is stdout.", _ctrf),
    Format("json-file", "Write the last state as one JSON object; - is stdout.", _json_file),
    Format("markdown", "Write a summary in Markdown; - is stdout.", _markdown),
)
