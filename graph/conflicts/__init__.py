"""Norm conflicts: curated and inferred ones, who carries them, over time, and under acts supposed."""
