"""Runs the benchmark: ``python -m benchmarks.peers --size 30k --size 300k``."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.generator import facts, whole
from benchmarks.peers import catalogue, crowded, report
from benchmarks.peers.measure import Plan, measure
from benchmarks.peers.servers import Data

#: Beyond so many statements one server runs at a time.
_ALONE = 5_000_000
_STARTS = 3
REPORTS = Path(__file__).parent.parent / "reports"
SECTIONS = ("starts", "peers", "crowded")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--size", "sizes", multiple=True, default=("30k",), show_default=True, help="Such as 300k or 3M."
)
@click.option("--seed", default=facts.SEED, show_default=True, help="Of the generated facts.")
@click.option(
    "--server",
    "names",
    multiple=True,
    type=click.Choice([peer.name for peer in catalogue.PEERS]),
    help="Only this one; may be repeated.",
)
@click.option("--section", "sections", multiple=True, type=click.Choice(SECTIONS), help="Only this one.")
@click.option("--rounds", default=Plan.rounds, show_default=True, help="Turns of each server for throughput.")
@click.option("--rounds-each", default=Plan.rounds_each, show_default=True, help="… and for each query.")
@click.option("--seconds", default=Plan.seconds, show_default=True, help="Of a turn for throughput.")
@click.option("--connections", default=Plan.connections, show_default=True, help="At once, for throughput.")
@click.option("--alone", is_flag=True, help="Run one server at a time, as beyond 5 M triples.")
@click.option("--reports", type=click.Path(path_type=Path), default=REPORTS, help="Folder of the reports.")
def main(
    sizes: tuple[str, ...], seed: int, names: tuple[str, ...], sections: tuple[str, ...], rounds: int,
    rounds_each: int, seconds: int, connections: int, alone: bool, reports: Path,
) -> None:  # fmt: skip
    """Measure the SPARQL service beside its peers; one report for each size."""
    # an end that is asked for leaves no server behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    peers = tuple(peer for peer in catalogue.PEERS if not names or peer.name in names)
    for size in sizes:
        made = facts.written(size, seed)
        full, statements = whole.of(made)
        plan = Plan(rounds, rounds_each, seconds, connections, alone or statements > _ALONE)
        with tempfile.TemporaryDirectory(prefix="spacenorms-bench-") as folder:
            data = Data(made, full, statements, Path(folder))
            written = report.Report(size, seed, statements, plan)
            if not sections or "starts" in sections:
                written.starts = crowded.starts(data, _STARTS, _tell)
            if not sections or "crowded" in sections:
                written.crowded = crowded.crowded(data, _tell)
            if not sections or "peers" in sections:
                written.found = measure(data, plan, peers, _tell)
        reports.mkdir(exist_ok=True)
        target = reports / f"peers-{size}.md"
        target.write_text(written.text())
        click.echo(written.text())
        click.echo(f"Wrote {target.name}", err=True)


def _tell(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
