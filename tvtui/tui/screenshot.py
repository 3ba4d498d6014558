"""Saving a picture of the screen."""

from __future__ import annotations

from datetime import datetime

from tvtui.settings.paths import downloads_folder, shown, working_folder
from tvtui.text.clean import clean_line


def save_screenshot(svg: str, name: str) -> tuple[str, bool]:
    """Save a picture in the user's folder for downloads; without one in the working folder.

    Args:
        svg: The picture.
        name: The beginning of the file's name.

    Returns:
        A sentence that says where it was saved or why not, and whether it was saved.
    """
    folder = downloads_folder() or working_folder()
    if folder is None:
        return "No screenshot was saved: the working folder no longer exists.", False
    path = folder / f"{name}-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.svg"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(svg)
    except OSError as error:
        return f"No screenshot was saved to {shown(folder)}: {clean_line(error.strerror or str(error))}.", False
    return f"Screenshot saved to {shown(path)}", True
