"""Tests of the whole program, most of them in a pseudo-terminal."""
