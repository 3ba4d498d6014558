"""`tvtui runs --forget`, `--prune` and `--purge`: recordings are deleted."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tvtui.cli.exit_codes import ExitCode, usage_error
from tvtui.cli.journal import at, is_on_host, open_store, place_in, several_projects, why_unread
from tvtui.cli.request import Environment
from tvtui.cli.stderr import complain
from tvtui.journal.run_list import RunRow
from tvtui.journal.store import Store
from tvtui.settings.paths import shown
from tvtui.settings.values import parse_run_id
from tvtui.text.format import many, size
from tvtui.text.output import print_lines


def forget(environment: Environment, flags: Mapping[str, object], typed: Sequence[str]) -> int:
    """Delete the recordings of runs; which server and project is meant must be clear."""
    try:
        runs = {parse_run_id(each): each for each in typed}
    except ValueError as error:
        return usage_error(str(error))
    place = place_in(flags)
    store = open_store(environment)
    if store is not None and (sentence := why_unread(store)):
        return usage_error(sentence)
    code = ExitCode.PASSED
    for run_id, given in runs.items():
        heads = [] if store is None else [head for head in at(place, store.find(run_id)) if is_on_host(given, head)]
        if sentence := several_projects(heads):
            return usage_error(sentence)
        # it is not known which project files that cannot be read are of
        files = [] if store is None or any(place) else _files_that_cannot_be_read(store, run_id)
        if store is None or not (heads or files):
            complain(f"Run {run_id} is not recorded on this machine.")
            code = ExitCode.NOT_FOUND
            continue
        try:
            for path in (*map(store.path_of, heads), *files):
                store.forget_file(path)
        except OSError as error:
            return usage_error(f"The recording of run {run_id} cannot be deleted: {error.strerror}.")
        what = f" of {RunRow.of(heads[0]).feature}" if heads else ""
        print_lines(sys.stdout, [f"Forgotten: run {run_id}{what}"])
    return code


def _files_that_cannot_be_read(store: Store, run_id: int) -> list[Path]:
    """Recordings of a run that are damaged, of a newer version, or not private: they hold texts nevertheless."""
    return [each.path for each in store.listing().unlisted if each.path.name.partition(".")[0] == str(run_id)]


def prune(environment: Environment) -> int:
    """Reduce what is recorded to the limits of age, number and size, which else happens once a day."""
    from tvtui.journal.retention import Policy, Pruned
    from tvtui.journal.retention import prune as prune_store

    store = open_store(environment)
    if store is not None and (sentence := why_unread(store)):
        return usage_error(sentence)
    try:
        done = Pruned() if store is None else prune_store(store, Policy())
    except OSError as error:
        return usage_error(f"The recordings cannot be pruned: {error.strerror}.")
    if not done.stripped and not done.removed:
        print_lines(sys.stdout, ["Nothing exceeds the limits."])
        return ExitCode.PASSED
    parts = [f"{many(done.stripped, 'recording')} reduced to the result"] if done.stripped else []
    parts += [f"{many(done.removed, 'file')} deleted"] if done.removed else []
    print_lines(sys.stdout, [f"Pruned: {', '.join(parts)}, {size(done.freed)} freed"])
    return ExitCode.PASSED


def purge(environment: Environment, *, is_confirmed: bool) -> int:
    """Delete all recordings, after the user has confirmed it."""
    store = open_store(environment)
    if store is not None and (sentence := why_unread(store)):
        return usage_error(sentence)
    listing = None if store is None else store.listing()
    if store is None or listing is None or not (listing.heads or listing.unlisted):
        complain("Nothing is recorded on this machine.")
        return ExitCode.PASSED
    number = many(len(listing.heads), "recorded run")
    if not is_confirmed:
        answer = environment.confirm(f"Delete {number} in {shown(store.folder)}?")
        if answer is None:
            return usage_error(f"--purge would delete {number}. Add --yes, as there is no terminal to ask on.")
        if not answer:
            complain("Nothing was deleted.")
            return ExitCode.PASSED
    return _purge(store)


def _purge(store: Store) -> int:
    try:
        removed = store.purge()
    except OSError as error:
        return usage_error(f"The recordings in {shown(store.folder)} cannot be deleted: {error.strerror}.")
    print_lines(sys.stdout, [f"Deleted: {many(removed, 'recorded run')}"])
    if left := store.unread_folders():
        return usage_error(*(f"{shown(each.path)} was not deleted: {each.why}." for each in left))
    return ExitCode.PASSED
