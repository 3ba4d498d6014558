"""A small TestVibe on loopback with scripted runs, built on the standard library alone.

`scenarios` names the runs, `server` serves them, `faults` is what goes wrong on the way. Nothing is imported here, so
that listing the scenarios does not import an HTTP server.
"""
