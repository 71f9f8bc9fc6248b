"""What the operator of a server may set, by environment variables that begin with SPACENORMS_."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, get_type_hints

from api import startcache
from graph.errors import BadValue, suggest
from graph.sparql.endpoint import Endpoint

PREFIX = "SPACENORMS_"


def _setting(
    default: Any,
    description: str,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    check: Callable[[str], object] | None = None,
    is_secret: bool = False,
) -> Any:
    """Return the field of a setting: what it means, and which values fit."""
    metadata = {"description": description, "fits": {"gt": above, "ge": least, "le": most}, "check": check}
    return dataclasses.field(default=default, repr=not is_secret, metadata=metadata)


def networks(listed: str) -> list[IPv4Network | IPv6Network]:
    """Return the addresses and networks of a list with commas between.

    Raises
    ------
    ValueError
        One of them is neither.
    """
    return [ip_network(each.strip()) for each in listed.split(",") if each.strip()]


@dataclass(frozen=True)
class Settings:
    """The limits of a server. The defaults protect it; a caller may ask for less, never for more.

    ``SPACENORMS_QUERY_TIME_LIMIT=30`` in the environment sets ``query_time_limit`` to 30 s.
    """

    query_time_limit: float = _setting(10.0, "Seconds a query may be evaluated.", above=0)
    queue_time_limit: float = _setting(30.0, "Seconds a query may wait for a worker.", above=0)
    workers: int = _setting(2, "Queries evaluated at once, each in a process.", least=1, most=256)
    queue: int = _setting(64, "Queries that may wait; one more is answered with 503.", least=0)
    memory_headroom: int = _setting(
        512 * 2**20, "Bytes of memory a query may use beyond the data; 0 for no limit.", least=0
    )
    max_result_bytes: int = _setting(64 * 2**20, "The longest result, in bytes.", least=1024)
    max_result_rows: int = _setting(250_000, "The most rows of a result, or statements of a graph.", least=1)
    computation_time_limit: float = _setting(
        60.0, "Seconds a page, a look-up or a network may be computed in the server.", above=0
    )
    computations: int = _setting(8, "Pages, look-ups and networks computed at once.", least=1, most=32)
    computation_queue: int = _setting(
        64, "Pages, look-ups and networks that may wait; one more is answered with 503.", least=0
    )
    max_query_bytes: int = _setting(256 * 2**10, "The longest query, in bytes.", least=1024)
    answer_cache_bytes: int = _setting(
        32 * 2**20, "Bytes of answers kept for repeated questions; 0 for none.", least=0
    )
    max_body_bytes: int = _setting(
        2**20, "The longest body of a request, in bytes; more is answered with 413.", least=1024
    )
    max_url_bytes: int = _setting(
        16 * 2**10,
        "The longest path and query string together, in bytes; more is answered with 414.",
        least=256,
        most=2**20,
    )
    request_rate: float = _setting(
        20.0, "Requests a second that a client may send on the average; 0 for no limit.", least=0
    )
    request_burst: int = _setting(200, "Requests that a client may send at once after a rest.", least=1)
    requests_per_client: int = _setting(
        16, "Requests of one client answered at once; 0 for no limit.", least=0
    )
    unlimited_clients: str = _setting(
        "127.0.0.0/8, ::1",
        "Addresses and networks, with commas between, that the three limits above leave alone.",
        check=networks,
    )
    trusted_proxies: str = _setting(
        "127.0.0.1, ::1",
        "Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        check=networks,
    )
    shutdown_time_limit: int = _setting(
        45, "Seconds that running requests are given when the server stops or takes a new graph.", least=0
    )
    start_cache: str = _setting(
        startcache.AUTO,
        "Where the loaded and derived graph is kept for the next start: auto, off or a folder.",
        check=startcache.folder,
    )
    write_token: str = _setting(
        "", "A secret that lets its bearer write; empty where nobody may.", is_secret=True
    )
    write_author: str = _setting("curator", "The name under which the bearer of that token writes.")
    writers_file: str = _setting("", "A file that names several writers, one a line; empty for none.")
    write_time_limit: float = _setting(
        60.0, "Seconds a write may take to be evaluated, checked and derived from.", above=0
    )
    log_requests: bool = _setting(True, "Whether each request is logged, on one line.")
    log_query_values: bool = _setting(
        False, "Whether the log shows the values in the query string of a request."
    )
    log_clients: bool = _setting(False, "Whether the log shows the address of the client.")
    load_pages: Literal["soon", "asked"] = _setting(
        "soon",
        "When all that is no SPARQL is loaded: soon after the start, or when it is first asked for.",
    )
    metrics: Literal["off", "loopback", "on"] = _setting(
        "loopback",
        "Who may read /metrics: nobody, clients on this machine, or everyone.",
    )
    endpoint_user: str = _setting("", "The user as whom the server of --endpoint is asked.")
    endpoint_password: str = _setting("", "The password of that user.", is_secret=True)
    endpoint_token: str = _setting(
        "", "A bearer token for the server of --endpoint, instead of a user.", is_secret=True
    )
    endpoint_engine: Literal["auto", "standard", "oxigraph", "virtuoso"] = _setting(
        "auto",
        "What the server of --endpoint runs on; auto believes what it says itself.",
    )
    endpoint_time_limit: float = _setting(
        60.0, "Seconds for which an answer of the server of --endpoint is waited for.", above=0
    )


def endpoint(address: str) -> Endpoint:
    """Return the server of ``--endpoint`` with what the environment says of it.

    Parameters
    ----------
    address
        Of its query service.

    Raises
    ------
    BadValue
        The address or a setting does not fit.
    """
    settings = read()
    return Endpoint(
        address,
        user=settings.endpoint_user,
        password=settings.endpoint_password,
        token=settings.endpoint_token,
        engine=settings.endpoint_engine,
        time_limit=settings.endpoint_time_limit,
    )


#: The settings, each with its ``metadata["description"]``.
FIELDS = dataclasses.fields(Settings)


def read() -> Settings:
    """Return the settings of the environment.

    Raises
    ------
    BadValue
        A variable has a value that does not fit, or its name is no setting's: a limit that is misspelt
        would protect nothing.
    """
    known = [PREFIX + each.name.upper() for each in FIELDS]
    given = [each for each in os.environ if each.upper().startswith(PREFIX)]
    for each in given:
        if each.upper() not in known:
            raise BadValue(
                f"There is no setting {each}.", remedy=suggest(each, known), code="unknown-setting"
            )
    # pydantic takes as long to import as the rest of the server: only where there is something to read
    return _checked() if given else Settings()


def _checked() -> Settings:
    """Return the settings of the environment, each value checked against what its field says."""
    from pydantic import AfterValidator, Field, ValidationError, create_model
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Environment(BaseSettings):
        model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    def passes(check: Callable[[str], object] | None) -> AfterValidator:
        def unchanged(value: Any) -> Any:
            if check is not None:
                check(value)
            return value

        return AfterValidator(unchanged)

    hints = get_type_hints(Settings)
    fields: dict[str, Any] = {
        each.name: (
            Annotated[hints[each.name], Field(**each.metadata["fits"]), passes(each.metadata["check"])],
            each.default,
        )
        for each in FIELDS
    }
    try:
        found = create_model("Environment", __base__=Environment, **fields)()
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise BadValue(
            f"A setting does not fit: {faults}.", remedy="See docs/settings.md.", code="bad-setting"
        ) from error
    return Settings(**found.model_dump())
