"""The archive: what a hostile zip may contain, and reading pieces of its entries."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from tests.support.traces import Traces, a_zip
from tvtui.trace import faults
from tvtui.trace.archive import LONGEST_LINE, Archive, Reading, open_archive
from tvtui.trace.faults import Remedy

MIB = 1024**2


def changed(content: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """An archive in which the last record of that signature has other bytes at an offset."""
    at = content.rindex(signature) + offset
    return content[:at] + value + content[at + len(value) :]


@pytest.mark.parametrize(
    "content",
    # named, as the bytes of a zip contain the time, and every worker has to collect the same tests
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK", id="signature"),
        pytest.param(b"no zip at all" * 99, id="text"),
        pytest.param(a_zip({"a": b"x" * 999})[:-30], id="truncated"),
    ],
)
def test_no_zip_or_only_a_part_of_it(content: bytes, traces: Traces) -> None:
    assert traces.open_archive(content) == faults.NO_ZIP
    assert faults.NO_ZIP.remedy is Remedy.DOWNLOAD


def test_what_is_no_file(tmp_path: Path) -> None:
    missing = open_archive(tmp_path / "missing.zip")
    assert missing == faults.NOT_FOUND
    assert open_archive(tmp_path) == faults.FOLDER
    assert open_archive(Path("a\0b")) == faults.NO_FILE
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert open_archive(tmp_path / "pipe") == faults.NO_FILE


def test_a_directory_that_is_too_large_is_refused_before_it_is_read(traces: Traces) -> None:
    content = a_zip({"a": b"x"})
    # the end record says so; nothing of the kind is there
    assert traces.open_archive(changed(content, b"PK\5\6", 10, struct.pack("<H", 0xFFFF))) != faults.TOO_MANY_ENTRIES
    assert traces.open_archive(changed(content, b"PK\5\6", 12, struct.pack("<I", 33 * MIB))) == faults.TOO_MANY_ENTRIES


def test_more_entries_than_the_end_record_says(traces: Traces) -> None:
    record = b"PK\1\2" + bytes(42)
    directory = record * 100_001
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(directory), 0, 0)
    assert traces.open_archive(directory + end) == faults.TOO_MANY_ENTRIES


def test_several_disks(traces: Traces) -> None:
    assert traces.open_archive(changed(a_zip({"a": b"x"}), b"PK\5\6", 4, b"\1\0")) == faults.SEVERAL_DISKS


def test_a_directory_in_the_format_for_large_files(traces: Traces) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("a", "w", force_zip64=True) as entry:
        entry.write(b"content")
    content = file.getvalue()
    at = content.index(b"PK\1\2")
    directory = content[at : content.rindex(b"PK\5\6")]
    wide = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), at)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at + len(directory), 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert traces.entry(content[: at + len(directory)] + wide + locator + end).content(99) == b"content"


def test_bytes_before_the_archive(traces: Traces) -> None:
    assert traces.entry(b"#!/bin/sh\n" + a_zip({"a": b"content"})).content(99) == b"content"


def test_names_are_only_looked_up(traces: Traces) -> None:
    names = ["../../etc/passwd", "/absolute", "C:\\file", "x" * 60_000, "ä"]
    archive = traces.open_archive(a_zip(dict.fromkeys(names, b"x")))
    assert isinstance(archive, Archive)
    assert archive.names == tuple(names)
    assert archive.entry("missing") is None
    assert archive.identity("missing") is None
    assert [*traces.folder.iterdir()] == [traces.path]


def test_of_duplicates_the_last_counts(traces: Traces) -> None:
    content = a_zip({"a": b"first", "b": b"last"})
    at = content.rindex(b"PK\1\2") + 46
    assert traces.entry(content[:at] + b"a" + content[at + 1 :]).content(99) == b"last"


def test_an_encrypted_entry_and_one_of_another_method_are_refused_in_words(traces: Traces) -> None:
    content = a_zip({"a": b"content" * 99})
    assert traces.entry(changed(content, b"PK\1\2", 8, b"\1")).content(999) == faults.ENCRYPTED
    other = traces.entry(a_zip({"a": b"content"}, zipfile.ZIP_BZIP2))
    assert other.content(99) == faults.UNKNOWN_METHOD
    reading = Reading(99)
    assert list(other.lines(reading)) == []
    assert reading.is_damaged


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_sizes_that_lie(method: int, traces: Traces) -> None:
    """Neither of the directory's sizes makes anybody read or keep more than there is."""
    content = a_zip({"a": b"line\n" * 99}, method)
    for size in (0, 7, 2**32 - 2):
        entry = traces.entry(changed(content, b"PK\1\2", 24, struct.pack("<I", size)))
        assert entry.content(9999) == b"line\n" * 99
    longer = traces.entry(changed(content, b"PK\1\2", 20, struct.pack("<I", 2**31)))
    assert len(longer.at(0, 2**31)) < 9999
    reading = Reading(9999)
    shorter = traces.entry(changed(content, b"PK\1\2", 20, struct.pack("<I", 5)))
    assert len(list(shorter.lines(reading))) < 99


def test_an_entry_whose_place_is_wrong_is_damaged(traces: Traces) -> None:
    content = a_zip({"a": b"line\n" * 99})
    for offset in (3, 2**31):
        entry = traces.entry(changed(content, b"PK\1\2", 42, struct.pack("<I", offset)))
        assert entry.content(9999) == faults.DAMAGED


def test_damage_ends_the_lines_and_is_noted(traces: Traces) -> None:
    content = bytearray(a_zip({"a": b"line\n" * 99}))
    # a block of a type that there is none of, right behind the name
    content[31:33] = b"\xff\xff"
    reading = Reading(MIB)
    entry = traces.entry(bytes(content))
    assert list(entry.lines(reading)) == []
    assert reading.is_damaged
    assert entry.content(MIB) == faults.DAMAGED


def test_a_bomb_is_read_up_to_the_limit(traces: Traces) -> None:
    entry = traces.entry(a_zip({"a": (b"x" * 99 + b"\n") * (32 * MIB // 100)}))
    reading = Reading(4 * MIB)
    assert 3 * MIB < sum(len(line) + 1 for _, line in entry.lines(reading)) <= 4 * MIB
    assert reading.is_exhausted
    assert entry.content(MIB) == faults.TOO_LARGE


def test_a_line_without_end_is_skipped_and_counted(traces: Traces) -> None:
    content = b"one\n" + b"x" * (LONGEST_LINE + 1) + b"\ntwo\n" + b"y" * (2 * LONGEST_LINE)
    reading = Reading(2**30)
    assert [line for _, line in traces.entry(a_zip({"a": content})).lines(reading)] == [b"one", b"two"]
    assert (reading.long_lines, reading.is_damaged, reading.is_exhausted) == (2, False, False)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_lines_and_any_piece_of_them_again(method: int, traces: Traces) -> None:
    """Random pieces, some behind the places where copies of the decompressor were kept, some over them."""
    lines = [f"{number} {'x' * (number % 211)}".encode() for number in range(120_000)]
    content = b"\n".join(lines)
    assert len(content) > 12 * MIB
    entry = traces.entry(a_zip({"a": content}, method))
    places = list(entry.lines(Reading(2**30)))
    assert [line for _, line in places] == lines
    for offset, line in places[:: len(places) // 40]:
        assert entry.at(offset, len(line)) == line
    assert entry.at(4 * MIB - 9, 5 * MIB) == content[4 * MIB - 9 : 9 * MIB - 9]
    assert entry.at(len(content) - 3, 99) == content[-3:]
    assert entry.at(len(content) + 1, 9) == b""


def test_blank_lines_are_left_out_and_the_last_needs_no_end(traces: Traces) -> None:
    places = list(traces.entry(a_zip({"a": b"\n\none\n\ntwo"})).lines(Reading(99)))
    assert places == [(2, b"one"), (7, b"two")]


def test_nothing_is_read_after_close(traces: Traces) -> None:
    archive = traces.open_archive(a_zip({"a": b"content"}))
    assert isinstance(archive, Archive)
    entry = archive.entry("a")
    archive.close()
    assert entry
    assert entry.content(99) == faults.DAMAGED
