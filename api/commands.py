"""The command line: serve, query, check, look up conflicts, networks and bridges, draw, export."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from api import settings, startcache
from api.preparecommand import prepare
from graph.errors import BadValue, SpacenormsError, suggest
from graph.knowledge import KnowledgeGraph, Result

_RDF_FORMATS = ("turtle", "jsonld")
_AS_OF = click.option(
    "--as-of", default="today", show_default=True, metavar="DATE", help="The day the answer holds for."
)
_COUNT = click.option(
    "--count", metavar="SOURCE", help="Whose count of parties is taken where lists disagree, by key."
)
_DATA = click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR|FILE",
    help="Load Turtle, TriG, N-Triples or N-Quads beside the release; may be repeated.",
)
_ENDPOINT = click.option(
    "--endpoint", metavar="URL", help="Ask this SPARQL 1.1 server, which holds the exported graph."
)
_STORE = click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Open what spacenorms prepare made there, instead of loading files.",
)


class Commands(click.Group):
    """A group of commands that tells every fault in a sentence and never shows a stack trace."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command; a fault of the input goes to standard error with exit status 2."""
        try:
            return super().invoke(context)
        except SpacenormsError as error:
            click.echo(f"spacenorms: {error}", err=True)
            context.exit(2)
        except BrokenPipeError:
            sys.stderr.close()
            context.exit(0)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; a misspelt one is answered with near names."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise click.UsageError(f"There is no command “{args[0]}”. {suggest(args[0], self.commands)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="spacenorms", prog_name="spacenorms")
def main() -> None:
    """Ask the knowledge graph of space governance: states, alliances, treaties, norms, conflicts."""


main.add_command(prepare)


def _graph(
    data: Sequence[Path] = (),
    endpoint: str | None = None,
    release: bool = True,
    store: Path | None = None,
) -> KnowledgeGraph:
    if store and (data or endpoint or not release):
        raise BadValue(
            "A prepared store is what was loaded into it, and nothing is added to it.",
            remedy="Give --store alone, or name the data when you prepare it.",
        )
    cache = startcache.of_environment()
    server = settings.endpoint(endpoint) if endpoint else None
    return KnowledgeGraph.load(data, endpoint=server, release=release, store=store, cache=cache)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on."
)
@_DATA
@click.option("--only-data", is_flag=True, help="Leave the release out and serve only what --data names.")
@_STORE
@_ENDPOINT
def serve(
    host: str,
    port: int,
    data: tuple[Path, ...],
    only_data: bool,
    store: Path | None,
    endpoint: str | None,
) -> None:
    """Serve the graph: pages, SPARQL, look-ups, networks."""
    from api.server import serve as run

    own = None if endpoint or store else next((each for each in data if each.is_dir()), None)
    run(host, port, lambda: _graph(data, endpoint, release=not only_data, store=store), own)


@main.command()
@click.argument("query", metavar="NAME|FILE.rq")
@click.option(
    "-p", "--parameter", "given", multiple=True, metavar="NAME=VALUE", help="A value; may be repeated."
)
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    type=click.Choice(["table", "csv", "tsv", "json", "xml", "turtle", "jsonld"]),
)
@_DATA
@_STORE
@_ENDPOINT
def query(
    query: str,
    given: tuple[str, ...],
    form: str,
    data: tuple[Path, ...],
    store: Path | None,
    endpoint: str | None,
) -> None:
    """Run a saved query by name, or a SPARQL file. Without knowing a name: spacenorms queries."""
    from graph.sparql import answers

    graph = _graph(data, endpoint, store=store)
    text = answers.text_of(graph, query, _pairs(given))
    if form == "table":
        _print_table(graph.query(text))
    else:
        click.echo(answers.serialised(graph, text, form), nl=False)


@main.command()
def queries() -> None:
    """List the saved queries with what they answer."""
    from graph.sparql import saved

    for name, each in saved.catalogue().items():
        values = ", ".join(f"{p.name}={p.default or '…'}" for p in each.parameters)
        click.echo(f"{name}{'  (' + values + ')' if values else ''}\n    {each.title}")


@main.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
def check(directory: Path | None) -> None:
    """Validate the facts: shapes, vocabulary, sources, links, dates. Exit status 1 on any fault."""
    from graph.rdf.check import check as run

    faults = run(directory, progress=lambda message: click.echo(message, err=True))
    for fault in faults:
        click.echo(str(fault))
    errors = sum(1 for fault in faults if fault.severity == "error")
    click.echo(f"{errors} faults, {len(faults) - errors} warnings.", err=True)
    if faults:
        raise SystemExit(1)


@main.command()
@click.option("--state", metavar="CODE", help="A state that carries both sides, such as AUS.")
@click.option("--norm", metavar="N", help="A norm on either side, such as N-CHM.")
@click.option("--instrument", metavar="CODE", help="An instrument that states a norm of the conflict.")
@click.option("--alliance", metavar="NAME", help="An alliance that promotes a norm of the conflict.")
@click.option("--theme", metavar="THEME", help="Theme of a norm of the conflict.")
@click.option("--type", "kind", metavar="TYPE", help="Type of the conflict.")
@click.option(
    "--exposure", default="both", type=click.Choice(["both", "one"]), help="With --state: sides carried."
)
@_AS_OF
@_COUNT
@click.option("--format", "form", default="table", type=click.Choice(["table", "csv", "json"]))
@_DATA
@_ENDPOINT
def conflicts(
    state: str | None,
    norm: str | None,
    instrument: str | None,
    alliance: str | None,
    theme: str | None,
    kind: str | None,
    exposure: str,
    as_of: str,
    count: str | None,
    form: str,
    data: tuple[Path, ...],
    endpoint: str | None,
) -> None:
    """Look up norm conflicts, with the acts that make a state carry each side."""
    from graph.conflicts.lookup import index
    from graph.conflicts.telling import conflict_table, told

    found = index(_graph(data, endpoint))
    answer = found.find(
        state=state,
        as_of=as_of,
        exposure=exposure,
        count=count,
        norm=norm,
        instrument=instrument,
        alliance=alliance,
        theme=theme,
        type=kind,
    )
    if form == "json":
        click.echo(json.dumps(told(found, answer), ensure_ascii=False, indent=1))
    elif form == "csv":
        click.echo(conflict_table(found, answer).to_csv(), nl=False)
    else:
        _tell_conflicts(told(found, answer))


def _tell_conflicts(answer: Mapping[str, Any]) -> None:
    click.echo(f"{answer['total']} conflicts as of {answer['as_of']} (data {answer['version']}).")
    if answer["imprecise"]:
        click.echo(
            f"{answer['imprecise']} acts are dated too coarsely to say whether they count on that day."
        )
    for conflict in answer["conflicts"]:
        click.echo(f"\n{conflict['id']}  {conflict['issue']}  [{conflict['type_label']}]")
        click.echo(f"  {conflict['explanation']}")
        for sentence in conflict["because"]:
            click.echo(f"  - {sentence}")
        if not answer["filters"].get("state"):
            names = ", ".join(conflict["exposed"]) or "none"
            click.echo(f"  Carried on both sides by {len(conflict['exposed'])}: {names}")


@main.command(name="what-if")
@click.argument("acts", nargs=-1, metavar="ACT …")
@click.option("--remove", multiple=True, metavar="ACT", help="Leave out an act, such as AUS-MOON-accession.")
@click.option("--as-of", metavar="DATE", help="The day to compare; the last act's effect when absent.")
@click.option("--format", "form", default="table", type=click.Choice(["table", "json"]))
def what_if(acts: tuple[str, ...], remove: tuple[str, ...], as_of: str | None, form: str) -> None:
    """Suppose acts, such as "IND joins ILRS in 2027", and see conflicts gained and lost."""
    from graph.conflicts import counterfactual
    from graph.conflicts.lookup import index
    from graph.conflicts.telling import told_counterfactual

    answer = told_counterfactual(counterfactual.what_if(index(_graph()), acts, remove, as_of))
    if form == "json":
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    for sentence in answer["sentences"]:
        click.echo(sentence)
    for difference in answer["differences"]:
        for change in ("gained", "lost"):
            for conflict in difference[change]:
                click.echo(f"  {difference['state']} {change} {conflict['id']}  {conflict['issue']}")


@main.command()
@click.argument("state")
@click.option("--since", default="1957-01-01", show_default=True, metavar="DATE")
@click.option("--until", default="today", show_default=True, metavar="DATE")
@_COUNT
@click.option("--format", "form", default="table", type=click.Choice(["table", "json"]))
def history(state: str, since: str, until: str, count: str | None, form: str) -> None:
    """Tell when a state gained and lost conflicts, and by which acts."""
    from graph.conflicts.lookup import index
    from graph.conflicts.telling import told_history

    answer = told_history(index(_graph()), state, since, until, count)
    if form == "json":
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    for each in answer["changes"]:
        sources = "; ".join(
            f"{source['title']}{', ' + source['locator'] if source['locator'] else ''}"
            for source in each["sources"]
        )
        click.echo(f"{each['date']}  {each['change']:6}  {each['conflict']}  {each['told']}")
        click.echo(f"            Source: {sources}")


@main.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", metavar="KIND", help="Only things of this kind, such as norm.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--format", "form", default="table", type=click.Choice(["table", "csv", "json"]))
def search(words: tuple[str, ...], kind: str | None, limit: int, form: str) -> None:
    """Search names, definitions, readings, claims and notes; forgiving of spelling."""
    from graph.search import engine

    answer = engine.index(_graph()).search(" ".join(words), kind, limit)
    for remark in answer.remarks:
        click.echo(remark, err=True)
    table = engine.table(answer)
    if form == "table":
        _print_table(table)
    else:
        click.echo(table.to_csv() if form == "csv" else table.to_json(), nl=form == "json")


@main.command()
@click.option("--norm", metavar="N", help="A norm on either side.")
@click.option("--theme", metavar="THEME", help="A theme of either side.")
@click.option("--format", "form", default="table", type=click.Choice(["table", "json"]))
def potential(norm: str | None, theme: str | None, form: str) -> None:
    """Show the conflicts that rules propose, and how often the curated ones agree with each rule."""
    from graph.conflicts import inference
    from graph.conflicts.telling import told_potential

    graph = _graph()
    if form == "json":
        click.echo(json.dumps(told_potential(graph, norm, theme), ensure_ascii=False, indent=1))
        return
    for each in inference.potential_conflicts(graph, norm, theme):
        click.echo(f"{each.norm_a} / {each.norm_b}\n    {each.explanation}")
    for rule in inference.precision(graph):
        click.echo(str(rule), err=True)


@main.command()
@click.argument("view", metavar="VIEW|FILE")
@click.option(
    "--measure", metavar="NAME", help="A measure, such as betweenness; without it the network itself."
)
@_AS_OF
@click.option(
    "--format",
    "form",
    default="table",
    type=click.Choice(["table", "csv", "json", "graphml", "gexf"]),
    show_default=True,
)
@click.option("--limit", type=click.IntRange(1), help="Rows of the table.")
@click.option("--significance", type=click.IntRange(19, 2000), metavar="N", help="z and p against N samples.")
@click.option("--seed", default=1, show_default=True, help="Seed of the samples.")
@click.option(
    "--null",
    default="curveball",
    show_default=True,
    type=click.Choice(["curveball", "bicm", "permuted", "rewired"]),
    help="Null model of the samples: degrees (of votes: tallies and habits) kept, kept on average; of votes "
    "the tallies only (permuted). Linkages are rewired.",
)
@click.option("--robustness", is_flag=True, help="Rank intervals under leaving facts out.")
@_DATA
@_ENDPOINT
def network(
    view: str,
    measure: str | None,
    as_of: str,
    form: str,
    limit: int | None,
    significance: int | None,
    seed: int,
    null: str,
    robustness: bool,
    data: tuple[Path, ...],
    endpoint: str | None,
) -> None:
    """Build a network (a view, or a GraphML, GEXF or CSV file) and measure it."""
    from api.networkcommand import tell, tell_robustness, tell_significance

    if significance:
        from graph.chance.sampling import Plan

        graph, plan = _graph(data, endpoint), Plan(null, significance, seed)
        click.echo(tell_significance(graph, view, measure, as_of, plan, form), nl=False)
        return
    if robustness:
        click.echo(tell_robustness(_graph(data, endpoint), view, measure, as_of, form), nl=False)
        return
    click.echo(tell(lambda: _graph(data, endpoint), view, measure, as_of, form, limit), nl=False)


@main.command()
@click.option("--measure", "measures", multiple=True, metavar="NAME", help="A measure; may be repeated.")
@click.option("--from", "start", metavar="YEAR", help="First year.")
@click.option("--to", "end", metavar="YEAR", help="Last year.")
@click.option("--by", default="year", type=click.Choice(["year", "event"]), show_default=True)
@click.option("--format", "form", default="table", type=click.Choice(["table", "csv", "json"]))
@_DATA
@_ENDPOINT
def timeline(
    measures: tuple[str, ...],
    start: str | None,
    end: str | None,
    by: str,
    form: str,
    data: tuple[Path, ...],
    endpoint: str | None,
) -> None:
    """Follow measures over time and what each accession changed; without a measure, the two blocs."""
    from api.networkcommand import tell_timeline

    click.echo(tell_timeline(_graph(data, endpoint), measures, start, end, by, form), nl=False)


@main.command()
@click.option("--between", default="artemis,ilrs", show_default=True, metavar="A,B", help="Two alliances.")
@_AS_OF
@click.option("--format", "form", default="table", type=click.Choice(["table", "json"]))
@_DATA
@_ENDPOINT
def bridges(between: str, as_of: str, form: str, data: tuple[Path, ...], endpoint: str | None) -> None:
    """Show which states bridge two alliances, and what the finding rests on."""
    from api.networkcommand import tell_bridges

    click.echo(tell_bridges(_graph(data, endpoint), between, as_of, form), nl=False)


@main.command()
@click.argument("view")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE.html")
@click.option("--years", metavar="Y,Y,…", help="Small pictures of several years on one sheet.")
@_AS_OF
@_DATA
@_ENDPOINT
def picture(
    view: str, output: Path, years: str | None, as_of: str, data: tuple[Path, ...], endpoint: str | None
) -> None:
    """Draw a network as one file that needs nothing from any host: a page, or FILE.svg for print."""
    from api.networkcommand import draw

    _write(output, lambda: draw(_graph(data, endpoint), view, as_of, output.suffix, years))


@main.command()
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE")
@_DATA
def export(output: Path, data: tuple[Path, ...]) -> None:
    """Write the whole graph, asserted and derived, as ttl, trig, nt, nq or jsonld."""
    from graph.rdf.export import export as run

    count = run(_graph(data), output)
    click.echo(f"{count} statements written to {output}.", err=True)


@main.command(name="format")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def format_files(files: tuple[Path, ...]) -> None:
    """Rewrite Turtle files in the stable form: one block a subject, sorted."""
    from graph.rdf.turtle import format_file

    for path in _turtle(files):
        if format_file(path):
            click.echo(f"formatted {path}", err=True)


def _turtle(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.ttl")) if path.is_dir() else [path]


def _pairs(given: Iterable[str]) -> dict[str, str]:
    values = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise BadValue(f"“{pair}” gives no value to a parameter.", remedy="Write -p name=value.")
        values[name] = value
    return values


def _write(output: Path, make: Callable[[], str]) -> None:
    if not output.parent.is_dir():
        raise BadValue(f"There is no folder {output.parent}.", remedy="Make it first, or write elsewhere.")
    output.write_text(make(), encoding="utf-8")
    click.echo(f"written to {output}", err=True)


def _print_table(result: Result) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*result.columns, show_lines=False, pad_edge=False)
    for row in result.rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in result.columns))
    console = Console(width=None if sys.stdout.isatty() else 200, markup=False, highlight=False)
    console.print(table)
    click.echo(f"{len(result.rows)} rows", err=True)
