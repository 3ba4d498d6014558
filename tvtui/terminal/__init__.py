"""What a terminal can do outside of Textual's screen: title, progress, notifications, keys."""
