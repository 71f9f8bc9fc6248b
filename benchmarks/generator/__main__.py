"""Writes generated facts: ``python -m benchmarks.generator 300k``."""

from benchmarks.generator.facts import main

if __name__ == "__main__":
    main()
