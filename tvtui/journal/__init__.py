"""What tvtui remembers on this machine."""
