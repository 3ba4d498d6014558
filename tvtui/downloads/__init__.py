"""The one door to downloads: artifacts become files below a folder, whole, and nothing else is touched."""

from tvtui.downloads.downloads import Downloads
from tvtui.downloads.folders import download_folder
from tvtui.downloads.places import Place, place_all

__all__ = ["Downloads", "Place", "download_folder", "place_all"]
