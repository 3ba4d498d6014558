"""Runs Playwright on the pages in `site/` and puts what it writes into `tvtui/demo/`.

Needed: node with npm, a Chromium (Debian's does), and an ffmpeg for the videos. Playwright takes neither of them from
its own downloads: the browser is named by `executablePath`, and its place for ffmpeg is given a link to the system's,
which writes the same WebM. `PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD` keeps npm from trying.

The browser resolves shop.acme.example to a server on this machine, so that addresses in the evidence are those of the
story. Paths in it are those of the folder that is worked in: the default is where the recordings in `runs/` were made,
and it must not exist yet. What has been made is judged by a test (`tests/test_demo_evidence.py`), also as to its size.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.makers.evidence import Evidence

_SITE = Path(__file__).with_name("site")
_FEATURES = Path(__file__).parents[2] / "tvtui" / "demo" / "features"
_PEM = Path(__file__).parents[1] / "support" / "loopback.pem"
_STORY = ("login.spec.js", "checkout.spec.js", "products.spec.js")


def main() -> None:
    """Make everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.makers", description="Make the demo's evidence anew.")
    parser.add_argument("--folder", type=Path, default=Path("/srv/e2e/w"), help="where to work; must not exist")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser")
    parser.add_argument("--ffmpeg", default=shutil.which("ffmpeg"), help="for the videos")
    parser.add_argument("--port", type=int, default=18_443, help="of the shop, on loopback")
    chosen = parser.parse_args()
    if not chosen.chromium or not chosen.ffmpeg:
        parser.error("chromium and ffmpeg are needed: install them, or say where they are")
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
        # fails, as the runs of the story do; what is missing in the end is told by Evidence
        subprocess.run(
            command,
            cwd=chosen.folder,
            env={**environment, "EVIDENCE": kind, **variables},
            stdout=sys.stderr,
            check=False,
        )

    play("filmed", *_STORY, "--grep", "Locked-out user")
    play("video", *_STORY, "--grep", "places an order")
    play("plain", *_STORY, "--grep-invert", "Locked-out user|places an order")
    play("report", *_STORY)
    play("pictures", "pictures.spec.js")
    # the approved pictures first, of the page as it was, and then the page as it is
    play("approved", "visual.spec.js", "--grep", "card", "--update-snapshots", VISUAL_QUERY="?v=A")
    play("visual", "visual.spec.js")
    play("matrix", "matrix.spec.js")

    evidence = Evidence(chosen.folder)
    evidence.file("login-and-checkout", "filmed", "video", "plain", pictures_of="pictures")
    evidence.file("visual", "visual")
    evidence.file("matrix", "matrix")
    evidence.publish()
    print(f"{evidence.size:,} bytes in all")


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
