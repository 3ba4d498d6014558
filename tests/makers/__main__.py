"""Runs Playwright on the pages in `site/` and puts what it writes into `tvtui/demo/`.

Requirements: node with npm, Chromium (Debian's will do), and ffmpeg for the videos. Playwright downloads neither
Chromium nor ffmpeg: `executablePath` names the browser, and a link to the system's ffmpeg, which writes the same WebM,
stands where Playwright looks for its own. `PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD` keeps npm from trying.

The browser resolves shop.acme.example to a server on this machine, so that the evidence shows the addresses of the
story. Paths in the evidence are those of the working folder, which must not exist yet: the default is the one in which
the recordings in `runs/` were made. `tests/demo/test_evidence.py` checks the result, including its size.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.makers.evidence import Evidence

_SITE = Path(__file__).with_name("site")
_FEATURES = Path(__file__).parents[2] / "tvtui" / "demo" / "features"
_PEM = Path(__file__).parents[1] / "support" / "loopback.pem"
_STORY = ("login.spec.js", "checkout.spec.js", "products.spec.js")
_RECORDINGS = ("login-and-checkout", "visual", "matrix", "trace")


def main() -> None:
    """Regenerate the evidence of all recordings, or of some."""
    parser = argparse.ArgumentParser(prog="python -m tests.makers", description="Regenerate the demo's evidence.")
    parser.add_argument("recordings", nargs="*", metavar="recording", help=f"all by default: {', '.join(_RECORDINGS)}")
    parser.add_argument("--folder", type=Path, default=Path("/srv/e2e/w"), help="working folder; must not exist")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser")
    parser.add_argument("--ffmpeg", default=shutil.which("ffmpeg"), help="for the videos")
    parser.add_argument("--port", type=int, default=18_443, help="port of the shop on loopback")
    chosen = parser.parse_args()
    if not chosen.chromium or not chosen.ffmpeg:
        parser.error("Chromium and ffmpeg are required: install them, or pass --chromium and --ffmpeg")
    recordings = chosen.recordings or _RECORDINGS
    if unknown := {*recordings} - {*_RECORDINGS}:
        parser.error(f"no such recording: {', '.join(sorted(unknown))}")
    _lay_out(chosen.folder, chosen.ffmpeg)
    environment = {
        **os.environ,
        "PLAYWRIGHT_BROWSERS_PATH": str(chosen.folder / "browsers"),
        "CHROMIUM": chosen.chromium,
        "SHOP_PORT": str(chosen.port),
        "SHOP_PEM": str(_PEM),
        "FORCE_COLOR": "1",
    }

    def play(kind: str, *arguments: str, **variables: str) -> None:
        print(f"{kind} …", flush=True)
        command = ["npx", "playwright", "test", *arguments]
        with (chosen.folder / f"{kind}.log").open("wb") as log:
            # fails, as the runs of the story do; Evidence raises an error for what is missing in the end
            subprocess.run(
                command, cwd=chosen.folder, env={**environment, "EVIDENCE": kind, **variables}, stdout=log, check=False
            )

    evidence = Evidence(chosen.folder)
    for recording in recordings:
        _record(recording, play, evidence)
    evidence.publish()
    print(f"{evidence.size:,} bytes in total")


def _record(recording: str, play: Callable[..., None], evidence: Evidence) -> None:
    if recording == "login-and-checkout":
        play("filmed", *_STORY, "--grep", "Locked-out user")
        play("video", *_STORY, "--grep", "places an order")
        play("plain", *_STORY, "--grep-invert", "Locked-out user|places an order")
        play("report", *_STORY)
        play("pictures", "pictures.spec.js")
        evidence.file(recording, "filmed", "video", "plain", pictures_of="pictures")
    elif recording == "visual":
        # first the approved pictures of the old page, then the new page
        play("approved", "visual.spec.js", "--grep", "card", "--update-snapshots", VISUAL_QUERY="?v=A")
        play("visual", "visual.spec.js")
        evidence.file(recording, "visual")
    elif recording == "matrix":
        play("matrix", "matrix.spec.js")
        evidence.file(recording, "matrix")
    else:
        play("trace", "orders.spec.js")
        evidence.record(recording, "trace")


def _lay_out(folder: Path, ffmpeg: str) -> None:
    shutil.copytree(_SITE, folder)
    tests = folder / "tests"
    tests.mkdir()
    for spec in _FEATURES.glob("*/*.spec.js"):
        shutil.copy(spec, tests)
    (folder / "pictures.spec.js").rename(tests / "pictures.spec.js")
    snapshots = tests / "visual.spec.js-snapshots"
    snapshots.mkdir()
    (snapshots / "totals.txt").write_text("total: 53.97\ntax: 4.10\n", encoding="utf-8")
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"],
        cwd=folder,
        env={**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"},
        check=True,
    )
    browsers = (folder / "node_modules/playwright-core/browsers.json").read_text(encoding="utf-8")
    place = folder / "browsers" / f"ffmpeg-{_revision(browsers)}"
    place.mkdir(parents=True)
    (place / "ffmpeg-linux").symlink_to(ffmpeg)


def _revision(browsers: str) -> str:
    return next(str(browser["revision"]) for browser in json.loads(browsers)["browsers"] if browser["name"] == "ffmpeg")


if __name__ == "__main__":
    main()
