"""Writes facts together with what the rules derive from them, for servers that know no rules.

Run ``python -m benchmarks.generator.whole FACTS.nq WHOLE.nq``; ``of`` does so in a process of its own.
"""

from __future__ import annotations

import datetime
import hashlib
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox

from graph.rdf import loader


def of(facts: Path) -> tuple[Path, int]:
    """Return the file with facts and derived statements, made unless it is there, and their number."""
    rules = hashlib.sha256(b"".join(path.read_bytes() for path in loader.rule_files())).hexdigest()[:8]
    target = facts.with_name(facts.stem.replace("facts-", "whole-", 1) + f"-{rules}.nq")
    if not target.exists():
        print(f"Deriving what rules say of {facts.name}", file=sys.stderr)
        part = target.with_suffix(".part.nq")
        command = [sys.executable, "-m", "benchmarks.generator.whole", str(facts), str(part)]
        subprocess.run(command, check=True)  # noqa: S603
        part.rename(target)
    with target.open("rb") as file:
        return target, sum(1 for _ in file)


def main(facts: str, target: str) -> None:
    """Load, derive and write."""
    store = ox.Store()
    loader.load_data(store, [Path(facts)])
    loader.derive(store, datetime.date.today())
    store.dump(target, format=ox.RdfFormat.N_QUADS)


if __name__ == "__main__":
    main(*sys.argv[1:])
