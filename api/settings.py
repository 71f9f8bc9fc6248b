"""What the operator of a server may set, by environment variables that begin with SPACENORMS_."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import BadValue, suggest

PREFIX = "SPACENORMS_"


class Settings(BaseSettings):
    """The limits of a server. The defaults protect it; a caller may ask for less, never for more.

    ``SPACENORMS_QUERY_TIME_LIMIT=30`` in the environment sets ``query_time_limit`` to 30 s.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    query_time_limit: float = Field(default=10.0, gt=0, description="Seconds a query may be evaluated.")
    queue_time_limit: float = Field(default=30.0, gt=0, description="Seconds a query may wait for a worker.")
    workers: int = Field(default=2, ge=1, le=256, description="Queries evaluated at once, each in a process.")
    queue: int = Field(default=64, ge=0, description="Queries that may wait; one more is answered with 503.")
    memory_headroom: int = Field(
        default=512 * 2**20,
        ge=0,
        description="Bytes of memory a query may use beyond the data; 0 for no limit.",
    )
    max_result_bytes: int = Field(default=64 * 2**20, ge=1024, description="The longest result, in bytes.")
    max_query_bytes: int = Field(default=256 * 2**10, ge=1024, description="The longest query, in bytes.")
    answer_cache_bytes: int = Field(
        default=32 * 2**20, ge=0, description="Bytes of answers kept for repeated questions; 0 for none."
    )
    max_body_bytes: int = Field(
        default=2**20,
        ge=1024,
        description="The longest body of a request, in bytes; more is answered with 413.",
    )
    max_url_bytes: int = Field(
        default=16 * 2**10,
        ge=256,
        le=2**20,
        description="The longest path and query string together, in bytes; more is answered with 414.",
    )
    request_rate: float = Field(
        default=20.0,
        ge=0,
        description="Requests a second that a client may send on the average; 0 for no limit.",
    )
    request_burst: int = Field(
        default=200, ge=1, description="Requests that a client may send at once after a rest."
    )
    requests_per_client: int = Field(
        default=16, ge=0, description="Requests of one client answered at once; 0 for no limit."
    )
    unlimited_clients: str = Field(
        default="127.0.0.0/8, ::1",
        description="Addresses and networks, with commas between, that the three limits above leave alone.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1, ::1",
        description="Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    )
    shutdown_time_limit: int = Field(
        default=45,
        ge=0,
        description="Seconds that running requests are given when the server stops or takes a new graph.",
    )
    log_requests: bool = Field(default=True, description="Whether each request is logged, on one line.")
    log_query_values: bool = Field(
        default=False, description="Whether the log shows the values in the query string of a request."
    )
    log_clients: bool = Field(default=False, description="Whether the log shows the address of the client.")
    metrics: Literal["off", "loopback", "on"] = Field(
        default="loopback", description="Who may read /metrics: nobody, clients on this machine, or everyone."
    )

    @field_validator("unlimited_clients", "trusted_proxies")
    @classmethod
    def _holds_networks(cls, value: str) -> str:
        networks(value)
        return value


def networks(listed: str) -> list[IPv4Network | IPv6Network]:
    """Return the addresses and networks of a list with commas between.

    Raises
    ------
    ValueError
        One of them is neither.
    """
    return [ip_network(each.strip()) for each in listed.split(",") if each.strip()]


def read() -> Settings:
    """Return the settings of the environment.

    Raises
    ------
    BadValue
        A variable has a value that does not fit, or its name is no setting's: a limit that is misspelt
        would protect nothing.
    """
    names = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for given in os.environ:
        if given.upper().startswith(PREFIX) and given.upper() not in names:
            raise BadValue(
                f"There is no setting {given}.", remedy=suggest(given, names), code="unknown-setting"
            )
    try:
        return Settings()
    except ValidationError as error:
        told = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()
        )
        raise BadValue(
            f"A setting does not fit: {told}.", remedy="See docs/settings.md.", code="bad-setting"
        ) from None
