"""Runs the server and tells a person where it is and what to try first."""

from __future__ import annotations

import click
import uvicorn

from api.application import create_application
from graph.knowledge import KnowledgeGraph

_FIRST_STEPS = """
spacenorms serves the graph at {base}/   (data {version}; stop with Ctrl-C)

  a first query      {base}/queries/states-in-both-blocs
  a first picture    {base}/networks/affiliation/picture
  a first look-up    {base}/conflicts?state=AUS
  write SPARQL       {base}/sparql

  from a shell       curl '{base}/conflicts?state=AUS&format=json'
"""


def serve(host: str, port: int, graph: KnowledgeGraph) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        Port; 0 takes a free one.
    graph : KnowledgeGraph
        What is served.
    """
    application = create_application(graph=graph)
    server = _TellingServer(
        uvicorn.Config(application, host=host, port=port, log_level="warning"), graph.version
    )
    server.run()


class _TellingServer(uvicorn.Server):
    """A server that says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, version: str) -> None:
        super().__init__(config)
        self._version = version

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        for server in self.servers if self.started else []:
            host, port = server.sockets[0].getsockname()[:2]
            name = f"[{host}]" if ":" in host else host
            click.echo(_FIRST_STEPS.format(base=f"http://{name}:{port}", version=self._version), err=True)
