"""The command that loads and derives a graph once, so that servers and commands start at once."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click


@click.command()
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR|FILE",
    help="Load Turtle, TriG, N-Triples or N-Quads beside the release; may be repeated.",
)
@click.option("--only-data", is_flag=True, help="Leave the release out and load only what --data names.")
def prepare(output: Path, data: tuple[Path, ...], only_data: bool) -> None:
    """Load and derive the graph into a folder, for serve and query with --store DIR."""
    from graph.prepared.building import prepare as run

    teller = _Teller()
    made = run(output, data, release=not only_data, progress=teller.tell)
    teller.end()
    click.echo(
        f"{made.triples:,} statements in {len(made.graphs)} graphs are prepared in {output} "
        f"(data {made.data_version}, as of {made.day}).\n"
        f"Serve them with: spacenorms serve --store {output}",
        err=True,
    )


class _Teller:
    """Tells what is being done: on one line that changes in a terminal, on a line each elsewhere."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._in_place = sys.stderr.isatty()

    def tell(self, message: str) -> None:
        line = f"{time.monotonic() - self._began:7.1f} s  {message}"
        click.echo(f"\r\x1b[K{line}" if self._in_place else line, err=True, nl=not self._in_place)

    def end(self) -> None:
        """Leave the line that changes."""
        if self._in_place:
            click.echo("\r\x1b[K", err=True, nl=False)
