"""Measures how fast spacenorms answers, side by side with what else could answer."""
