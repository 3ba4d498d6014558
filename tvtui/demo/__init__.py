"""A small TestVibe on loopback with scripted runs: `server` answers, `scenarios` tell what, `faults` how it goes wrong.

Standard library only. Nothing is imported here, so that a list of the scenarios costs no HTTP server.
"""
