"""Graphs that were loaded and derived beforehand, so that a server or a command need not do it."""
