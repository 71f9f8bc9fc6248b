"""What the conflict look-ups answer, for the API description."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Reference(BaseModel):
    """A source with its title."""

    id: str = Field(examples=["un-mtdsg-moon"])
    title: str


class ActSource(Reference):
    """A source of an act, with the place in it."""

    locator: str | None
    verification: str = Field(examples=["official"])
    note: str | None


class Act(BaseModel):
    """An act by which a state carries a side."""

    actor: str = Field(examples=["AUS"])
    actor_label: str = Field(examples=["Australia"])
    manner: Literal["bound", "committed", "enacts"] = Field(
        description="In law, politically, or by its own law."
    )
    instrument: str | None = Field(examples=["MOON"])
    act: str = Field(examples=["https://w3id.org/spacenorms/id/act/AUS-MOON-accession"])
    act_label: str
    since_earliest: str | None = Field(description="First day on which it can have begun.")
    since: str = Field(description="Day by which it has certainly begun.", examples=["1986-08-06"])
    until: str | None = Field(description="Day by which it has certainly ended.")
    ended_by: str | None
    sources: list[ActSource]


class ProvisionModel(BaseModel):
    """A provision that states the norm of a side."""

    id: str = Field(examples=["MOON-11-1"])
    instrument: str
    instrument_label: str
    locator: str
    heading: str
    sources: list[Reference]
    verification: str


class SideModel(BaseModel):
    """One side of a conflict."""

    norm: str = Field(examples=["N-CHM"])
    iri: str
    label: str
    definition: str
    force: str
    provisions: list[ProvisionModel]
    named: list[str] = Field(description="Actors named by the record; being named is not being bound.")
    carriers: list[str] = Field(description="Codes of those that carry this side on the day.")
    acts: list[Act] = Field(description="Their acts; empty in a list that names no state.")


class Disputed(BaseModel):
    """An act on which lists disagree, by which a further state would be exposed."""

    actor: str
    actor_label: str
    act: str
    counted_by: list[str]
    dispute: str = Field(description="Who counts it and who does not.")


class ArgumentModel(BaseModel):
    """An argument that one side prevails; no verdict."""

    text: str
    favours: str = Field(examples=["N-CHM"])
    principle: str
    basis: list[Reference]
    sources: list[Reference]
    verification: str = Field(description="The grade, or derived where a rule proposed it.")


class ConsequenceModel(BaseModel):
    """What follows from a reading for a side of the conflict, if the reading is right; no verdict."""

    id: str = Field(examples=["I16b-2"])
    text: str
    norms: list[str] = Field(description="Codes of the norms of the sides for which it follows.")
    effect: str = Field(description="What becomes of them.", examples=["bars the conduct"])
    basis: list[Reference] = Field(description="The provisions that it rests on.")
    sources: list[Reference]
    locator: str | None = Field(description="Where in the source it is stated, where a source states it.")
    verification: str = Field(description="The grade; inferred where the curators conclude it.")


class ReadingModel(BaseModel):
    """A reading of a question that bears on both sides."""

    ambiguity: str = Field(examples=["A16"])
    question: str
    id: str
    text: str
    held_by: str
    strength: str
    verification: str
    consequences: list[ConsequenceModel] = Field(description="What follows from it for either side.")


class ConflictModel(BaseModel):
    """A conflict on a day."""

    id: str = Field(examples=["C01"])
    iri: str
    issue: str
    type: str
    type_label: str
    explanation: str
    verification: str
    sources: list[Reference]
    side_a: SideModel
    side_b: SideModel
    exposed: list[str] = Field(description="Codes of those that carry both sides on the day.")
    because: list[str] = Field(description="Sentences that tell each act with date, provisions and source.")
    imprecise: int = Field(description="Acts dated too coarsely to say whether they count on the day.")
    disputed: list[Disputed] = Field(description="Acts that only some lists count; see the parameter count.")
    arguments: list[ArgumentModel] = Field(description="On which side prevails; none is a verdict.")
    readings: list[ReadingModel] = Field(description="Readings of the questions that bear on both sides.")


class ConflictList(BaseModel):
    """Conflicts found."""

    as_of: str
    version: str
    filters: dict[str, str]
    total: int
    imprecise: int
    conflicts: list[ConflictModel]


class ConflictOne(ConflictModel):
    """One conflict with the day and the data it holds for."""

    as_of: str
    version: str


class Deed(BaseModel):
    """An act to suppose."""

    model_config = ConfigDict(extra="forbid")

    state: str = Field(examples=["IND"])
    deed: Literal["joins", "leaves", "ratifies", "accedes-to", "withdraws-from"]
    of: str = Field(description="An alliance or an instrument.", examples=["ilrs"])
    date: str | None = Field(
        default=None, description="Day, month or year; today when absent.", examples=["2027"]
    )


class WhatIf(BaseModel):
    """Acts to suppose and acts to leave out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"add": ["IND joins ILRS in 2027", "NLD withdraws from the Moon Agreement"]}]
        },
    )

    add: list[str | Deed] = Field(default_factory=list, max_length=50)
    remove: list[str] = Field(default_factory=list, max_length=50, examples=[["AUS-MOON-accession"]])
    as_of: str | None = Field(
        default=None, description="The day to compare; the last act's effect when absent."
    )


class SupposedModel(Deed):
    """An act as it was read."""

    effective: str
    label: str


class DifferenceModel(BaseModel):
    """What changes for a state."""

    state: str
    state_label: str
    gained: list[ConflictModel]
    lost: list[ConflictModel]


class CounterfactualModel(BaseModel):
    """The answer to what-if."""

    as_of: str
    version: str
    supposed: list[SupposedModel]
    left_out: list[str]
    sentences: list[str] = Field(description="What is supposed and what it changes, in sentences.")
    differences: list[DifferenceModel]


class IntervalModel(BaseModel):
    """A span in which a state carries both sides of a conflict."""

    conflict: str = Field(examples=["C01"])
    issue: str
    start: str = Field(examples=["2022-07-14"])
    end: str | None = Field(examples=["2024-01-05"])
    begun_by: list[str]
    ended_by: list[str]
    begun_acts: list[str] = Field(description="Addresses of the acts that made it begin.")
    ended_acts: list[str] = Field(description="Addresses of the acts that made it end.")


class ChangeModel(BaseModel):
    """A conflict gained or lost on a day."""

    date: str
    change: Literal["gained", "lost"]
    conflict: str
    issue: str
    by: list[str]
    acts: list[str] = Field(description="Addresses of the acts that changed it.")
    told: str = Field(description="The change in a sentence.")
    sources: list[ActSource] = Field(description="What the acts rest on.")


class HistoryModel(BaseModel):
    """A state's conflicts over time."""

    state: str
    state_label: str
    version: str
    intervals: list[IntervalModel]
    changes: list[ChangeModel]


class MatchModel(BaseModel):
    """A fact that a rule found in both norms."""

    kind: str
    fact: str
    label: str


class PotentialModel(BaseModel):
    """A conflict that a rule proposes; nobody has curated it."""

    iri: str
    inferred: Literal[True]
    explanation: str
    rule: str
    rule_title: str
    type: str
    type_label: str
    norm_a: str
    norm_a_label: str
    norm_b: str
    norm_b_label: str
    trace: list[MatchModel]


class RuleModel(BaseModel):
    """How the proposals of a rule stand to the curated conflicts."""

    rule: str
    title: str
    proposed: int
    hits: int
    independent: int
    near: int
    same_type: int
    curated: int
    precision: float
    near_precision: float
    recall: float


class PotentialList(BaseModel):
    """Conflicts that rules propose."""

    version: str
    total: int
    potential: list[PotentialModel]
    rules: list[RuleModel]
