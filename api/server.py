"""Runs the server and tells a person where it is and what to try first."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable
from pathlib import Path

import click
import uvicorn

from api import logs
from api.application import Application, create_application
from api.reload import in_terminal
from api.settings import Settings
from graph.knowledge import KnowledgeGraph

_HEADERS_BYTES = 64 * 2**10
_NEW_OBJECTS, _NEW_ROUNDS, _KEPT_ROUNDS = 10_000, 10, 50

_FIRST_STEPS = """
spacenorms serves the graph at {base}/   (data {version}; stop with Ctrl-C)

  a first query      {base}/queries/states-in-both-blocs
  a first picture    {base}/networks/affiliation/picture
  a first look-up    {base}/conflicts?state=AUS
  write SPARQL       {base}/sparql

  from a shell       curl '{base}/conflicts?state=AUS&format=json'
"""


def serve(host: str, port: int, load: Callable[[], KnowledgeGraph], folder: Path | None = None) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        Port; 0 takes a free one.
    load : callable
        Returns the graph that is served; called again for a reload.
    folder : pathlib.Path, optional
        Where is kept what curators write, if the settings let them.
    """
    logs.configure()
    _ignore_early_reload()
    application = create_application(load=load, folder=folder)
    # what is loaded now lives as long as the server: the collector need not walk it during a request
    gc.collect()
    gc.freeze()
    # … nor look at what is new after every few requests, or at all that is kept every few seconds
    gc.set_threshold(_NEW_OBJECTS, _NEW_ROUNDS, _KEPT_ROUNDS)
    config = configuration(application, application.state.settings, host, port)
    _TellingServer(config, application.state.graph.version).run()


def _ignore_early_reload() -> None:
    """What is being loaded need not be loaded anew; without this the signal would end the process."""
    if hasattr(signal, "SIGHUP") and not in_terminal():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def configuration(application: Application, settings: Settings, host: str, port: int) -> uvicorn.Config:
    """Return how uvicorn serves an application within its settings.

    Parameters
    ----------
    application
        What is served.
    settings
        Its limits.
    host, port
        Where to listen.
    """
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        # The application has its own, which believes the proxies that the settings name.
        proxy_headers=False,
        server_header=False,
        http=_protocol(),
        ws="none",
        h11_max_incomplete_event_size=settings.max_url_bytes + _HEADERS_BYTES,
        timeout_graceful_shutdown=settings.shutdown_time_limit,
    )


def _protocol() -> type[asyncio.Protocol] | str:
    try:
        from api.wire import BoundedHttp
    except ImportError:  # without httptools
        return "h11"
    return BoundedHttp


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
