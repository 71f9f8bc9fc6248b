"""The shapes of lists and records in JSON, as the interface description tells them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ThingModel(BaseModel):
    """Anything with an address: a state, an act, a concept."""

    iri: str = Field(examples=["https://w3id.org/spacenorms/id/state/AUS"])
    id: str = Field(examples=["AUS"])
    kind: str = Field(examples=["state"])
    label: str = Field(examples=["Australia"])
    url: str = Field(description="Its path on this server.", examples=["/states/AUS"])


class ItemModel(BaseModel):
    """A line of a list: what it is of, and the columns of the list by name."""

    model_config = ConfigDict(extra="allow")

    iri: str = Field(examples=["https://w3id.org/spacenorms/id/state/AUS"])
    id: str = Field(examples=["AUS"])
    label: str = Field(examples=["Australia"])
    url: str = Field(examples=["/states/AUS"])


class ListModel(BaseModel):
    """One page of a list."""

    kind: str = Field(examples=["states"])
    title: str
    description: str
    columns: dict[str, str] = Field(description="What each column of an item holds.")
    data_version: str
    as_of: str | None = Field(description="The day the list holds for; null for a list without a day.")
    filters: dict[str, str] = Field(description="What the list was narrowed by.")
    total: int = Field(description="How many there are in all.")
    limit: int
    offset: int
    next: str | None = Field(description="Path of the next page; null on the last.")
    items: list[ItemModel]


class RowModel(BaseModel):
    """A line of a section: its columns by name, and what it rests on."""

    model_config = ConfigDict(extra="allow")

    fact: ThingModel | None
    sources: list[ThingModel]
    locators: list[str]
    verification: str | None = Field(examples=["official"])
    notes: list[str]


class SectionModel(BaseModel):
    """A table of a record."""

    title: str
    description: str
    dated: bool = Field(description="Whether it holds for the day of the record.")
    total: int
    rows: list[RowModel]


class CitedModel(BaseModel):
    """A source of a sentence."""

    id: str = Field(examples=["un-mtdsg-moon"])
    title: str = Field(
        examples=[
            "Status of the Agreement Governing the Activities of States on the Moon, UN Treaty Collection"
        ]
    )
    locator: str | None = Field(
        description="Where in the source; null where not recorded.", examples=["row Australia"]
    )
    verification: str | None = Field(examples=["official"])


class SentenceModel(BaseModel):
    """A sentence of law, with what it rests on."""

    topic: str = Field(description="The heading it stands under.", examples=["Treaties that bind it"])
    text: str = Field(
        description="A full sentence with names, not codes.",
        examples=[
            "Australia has been a party to the Moon Agreement since 6 August 1986 (accession deposited on 7 "
            "July 1986)."
        ],
    )
    sources: list[CitedModel]
    things: list[str] = Field(
        description="Addresses of what it speaks of.",
        examples=[
            [
                "https://w3id.org/spacenorms/id/state/AUS",
                "https://w3id.org/spacenorms/id/instrument/MOON",
                "https://w3id.org/spacenorms/id/act/AUS-MOON-accession",
            ]
        ],
    )
    as_of: str = Field(description="The day it holds for.", examples=["2026-11-23"])


class CitationModel(BaseModel):
    """How a source is cited."""

    source: ThingModel
    publisher: str | None
    issued: str | None
    page: str | None


class RecordModel(BaseModel):
    """Everything the graph says of one thing."""

    iri: str = Field(examples=["https://w3id.org/spacenorms/id/state/AUS"])
    id: str = Field(examples=["AUS"])
    kind: str = Field(examples=["state"])
    label: str = Field(examples=["Australia"])
    url: str = Field(examples=["/states/AUS"])
    classes: list[ThingModel]
    data_version: str
    as_of: str = Field(description="The day that dated sections hold for.")
    fields: dict[str, Any] = Field(description="A value, a list, or null where nothing is recorded.")
    sources: list[ThingModel]
    locators: list[str]
    verification: str | None
    notes: list[str]
    sentences: list[SentenceModel] = Field(
        description="Its law in sentences, the most important first; empty for kinds that have no law to "
        "tell, and where one section is asked for."
    )
    sections: dict[str, SectionModel]
    cited: list[CitationModel]
    limit: int = Field(description="The most rows of a section that are returned.")
    offset: int
