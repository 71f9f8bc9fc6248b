"""Makes facts of the shape of ``ontology/facts`` in any number, the same ones for the same seed.

Run ``python -m benchmarks.generator 300k``; the facts go to a folder of their own outside the repository.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import click

from benchmarks.generator import shapes
from benchmarks.generator.release import release
from benchmarks.generator.world import World
from benchmarks.generator.writing import Statements
from graph.errors import BadValue

#: Statements that come with one more instrument, with all that is said and derived of it; how the sizes
#: below are kept is tested.
PER_INSTRUMENT = 1220
#: Statements of the schema, the vocabularies and the states, with what is derived of them.
FIXED = 8000

SEED = 1


def instruments(size: int) -> int:
    """Return how many instruments give about so many statements, asserted and derived together."""
    return max(10, round((size - FIXED) / PER_INSTRUMENT))


def parse_size(text: str) -> int:
    """Return a number of statements from ``30k``, ``3M`` or digits.

    Raises
    ------
    BadValue
        It is none of these.
    """
    found = re.fullmatch(r"(\d+)([kM]?)", text)
    if found is None:
        raise BadValue(f"“{text}” is no size.", remedy="Write it as 30k, 300k, 3M or 10M.", code="bad-size")
    return int(found[1]) * {"": 1, "k": 1000, "M": 10**6}[found[2]]


def lines(size: int, seed: int = SEED, advance: Callable[[], None] = lambda: None) -> Iterator[str]:
    """Yield the facts as lines of N-Quads.

    Parameters
    ----------
    size
        About how many statements a store holds once the rules have been run.
    seed
        The same seed gives the same lines, and a smaller size the beginning of a larger one, apart from
        what is drawn from all instruments.
    advance
        Called after each instrument.

    Yields
    ------
    str
        One statement with its graph, or several, each ended by a line feed.
    """
    yield from release().lines
    world = World(release(), instruments(size), seed)
    out = Statements()
    shapes.vocabulary(out, world)
    yield from out.drain()
    for number in range(1, world.instruments + 1):
        # a generator of its own for each instrument keeps it the same at every size
        shapes.instrument(out, world, number, random.Random(f"{seed}:{number}"))  # noqa: S311
        yield from out.drain()
        advance()


def cache_folder() -> Path:
    """Return the folder outside the repository that generated facts are kept in."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "spacenorms-bench"


@cache
def recipe() -> str:
    """Return a short hash of what the facts are made by, so that older ones are not taken for the same."""
    digest = hashlib.sha256("".join(release().lines).encode())
    for module in ("facts", "shapes", "doings", "kinds", "world", "writing", "release"):
        digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return digest.hexdigest()[:8]


def written(size: str, seed: int = SEED, folder: Path | None = None) -> Path:
    """Return a file with the facts of a size, written now unless it is there already.

    Parameters
    ----------
    size
        Such as ``30k``.
    seed
        Of the generator.
    folder
        Where the file stands; the folder for generated facts when absent.
    """
    target = (folder or cache_folder()) / f"facts-{size}-seed{seed}-{recipe()}.nq"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        begun = target.with_suffix(".part")
        number = parse_size(size)
        with (
            begun.open("w", encoding="utf-8") as file,
            click.progressbar(
                length=instruments(number),
                label=f"Writing facts of {size}",
                file=sys.stderr,
            ) as bar,
        ):
            file.writelines(lines(number, seed, lambda: bar.update(1)))
        begun.rename(target)
    return target


@click.command()
@click.argument("sizes", nargs=-1, required=True)
@click.option("--seed", default=SEED, show_default=True, help="The same seed gives the same facts.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the files go.")
def main(sizes: tuple[str, ...], seed: int, folder: Path | None) -> None:
    """Write facts of each of the SIZES, such as 30k or 3M, and print where they are."""
    for size in sizes:
        click.echo(written(size, seed, folder))
