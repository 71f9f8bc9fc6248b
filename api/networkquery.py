"""What a caller of the network addresses may say: the day, the two alliances, the options of the view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Path, Query, Request

from api.negotiation import Format, choose
from graph.errors import BadValue
from graph.knowledge import KnowledgeGraph

if TYPE_CHECKING:  # What computes is imported by the first request that needs it: a server starts sooner.
    from graph.networks.building import Network

BLOCS = "artemis,ilrs"

View = Annotated[str, Path(description="The name of a network, such as affiliation or alignment.")]
AsOf = Annotated[
    str | None, Query(description="The day the answer holds for, as 2024-01-31; today when absent.")
]
Between = Annotated[str, Query(description="Names of two alliances, joined by a comma.")]
Imprecise = Annotated[
    str,
    Query(
        description="include counts facts dated too coarsely to say whether they had begun; exclude leaves "
        "them out."
    ),
]
Raw = Annotated[bool, Query(description="For alignment: every overlap, instead of those beyond chance.")]
Limit = Annotated[int | None, Query(ge=1, description="Rows at most.")]
Form = Annotated[str | None, Query(description="A format by name, instead of the Accept header.")]

#: Parameters that no address takes for an option of the view: what all of them read, and what one hands
#: on to another by a link.
COMMON = frozenset(
    ["as_of", "between", "imprecise", "raw", "format", "measure", "limit", "runs", "seed", "intervals"]
)


@dataclass(frozen=True)
class Asked:
    """What was asked for of two alliances on a day.

    Attributes
    ----------
    request
        The request.
    as_of, between, imprecise, form
        As given; ``form`` is a format by name.
    """

    request: Request = field(repr=False)
    as_of: str | None
    between: str
    imprecise: str
    form: str | None

    @property
    def graph(self) -> KnowledgeGraph:
        """The knowledge graph of the application."""
        graph: KnowledgeGraph = self.request.app.state.graph
        return graph

    @property
    def names(self) -> list[str]:
        """The names of the alliances."""
        return [name.strip() for name in self.between.split(",") if name.strip()]

    def choose(self, offered: Sequence[Format]) -> Format:
        """Return the format that the caller prefers."""
        return choose(offered, self.request.headers.get("accept"), self.form).format


@dataclass(frozen=True)
class AskedNetwork(Asked):
    """What was asked for of a network.

    Attributes
    ----------
    view
        The name of a network.
    raw
        Whether a projection has every overlap.
    """

    view: str
    raw: bool

    def arguments(self, *own: str) -> dict[str, Any]:
        """Return the arguments of `graph.networks.building.network` beside the graph and the view.

        Parameters
        ----------
        *own
            Further parameters of the address; any other that is not common is an option of the view.
        """
        others = {n: text for n, text in self.request.query_params.items() if n not in COMMON.union(own)}
        if reserved := sorted(_RESERVED & set(others)):
            raise BadValue(
                f"The network {self.view} has no option “{reserved[0]}”.",
                remedy="See /networks for the networks and /docs for what each address takes.",
                code="unknown-parameter",
                parameter=reserved[0],
            )
        said = {"as_of": self.as_of, "imprecise": self.imprecise, "raw": self.raw}
        return {**others, **said, "between": self.names}

    def network(self, *own: str) -> Network:
        """Return the network; see `arguments`."""
        from graph.networks.building import network

        return network(self.graph, self.view, **self.arguments(*own))


#: Names of arguments in Python that no option of a view may take.
_RESERVED = frozenset({"kg", "view", "plan", "progress", "measure_name", "options"})


def asked(
    request: Request,
    as_of: AsOf = None,
    between: Between = BLOCS,
    imprecise: Imprecise = "exclude",
    format: Form = None,
) -> Asked:
    """Read what every answer about two alliances may be asked for."""
    return Asked(request, as_of, between, imprecise, format)


def asked_network(
    request: Request,
    view: View,
    as_of: AsOf = None,
    between: Between = BLOCS,
    imprecise: Imprecise = "exclude",
    raw: Raw = False,
    format: Form = None,
) -> AskedNetwork:
    """Read what every answer about a network may be asked for."""
    return AskedNetwork(request, as_of, between, imprecise, format, view, raw)


OfBlocs = Annotated[Asked, Depends(asked)]
OfNetwork = Annotated[AskedNetwork, Depends(asked_network)]
