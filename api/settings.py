"""What the operator of a server may set, by environment variables that begin with SPACENORMS_."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The limits of a server. The defaults protect it; a caller may ask for less, never for more.

    ``SPACENORMS_QUERY_TIME_LIMIT=30`` in the environment sets ``query_time_limit`` to 30 s.
    """

    model_config = SettingsConfigDict(env_prefix="SPACENORMS_", frozen=True, extra="ignore")

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
