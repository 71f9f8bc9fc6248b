"""Votes of the General Assembly: roll calls, positions, cohesion and agreement."""
