"""Each rule of the check fires on a fact made wrong on purpose, and on none that is right."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from graph.errors import BadData
from graph.namespaces import IDENTIFIER, PREFIXES
from graph.rdf.check import Fault, check, hygiene_rules
from graph.resources import ontology_dir
from graph.sparql.saved import SavedQuery

HEADER = "".join(f"@prefix {prefix}: <{address}> .\n" for prefix, address in PREFIXES.items())


def block(address: str, kind: str, *statements: str) -> str:
    """Return the Turtle block of a subject."""
    return " ;\n    ".join([f"{address} a {kind}", *statements]) + " .\n"


def fact(address: str, kind: str, *statements: str, source: str = "book", grade: str = "reported") -> str:
    """Return a block with what every fact needs: label, source and grade."""
    local = address.partition(":")[2]
    known = (
        f'rdfs:label "{local}"@en',
        f"dcterms:source source:{source}",
        f"spn:verification verification:{grade}",
    )
    return block(address, kind, *known, *statements)


def coded(address: str, kind: str, *statements: str, **options: str) -> str:
    """Return a fact with a code that agrees with its address."""
    return fact(address, kind, f'skos:notation "{address.partition(":")[2]}"', *statements, **options)


def state(code: str, *statements: str, kind: str = "spn:State") -> str:
    return coded(f"state:{code}", kind, f'spn:iso3 "{code}"', *statements)


def source(key: str, kind: str, *statements: str) -> str:
    return block(
        f"source:{key}",
        "spn:Source",
        f'rdfs:label "{key}"@en',
        f'dcterms:title "{key}"@en',
        f'skos:notation "{key}"',
        'spn:copyConsulted "page copy"',
        f"spn:sourceKind sourcekind:{kind}",
        "spn:tradition tradition:neutral",
        *statements,
    )


def instrument(code: str, *statements: str, kind: str = "spn:Treaty", binding: str = "true") -> str:
    title = f'dcterms:title "Text {code}"@en'
    return coded(f"instrument:{code}", kind, title, f"spn:binding {binding}", *statements)


def provision(code: str, instrument_code: str) -> str:
    part_of = f"spn:partOf instrument:{instrument_code}"
    return coded(f"provision:{code}", "spn:Provision", part_of, 'spn:locator "1"', 'spn:summary "…"@en')


def norm(code: str, *statements: str, force: str = "hard-law", stated_in: str = "TRE-1") -> str:
    return coded(
        f"norm:{code}",
        "spn:Norm",
        'skos:definition "…"@en',
        "spn:theme theme:astronauts",
        "spn:modality modality:obligation",
        f"spn:force force:{force}",
        "spn:regulates activity:acquisition-of-property-in-place",
        "spn:bearer bearer:states",
        "spn:contested false",
        f"spn:statedIn provision:{stated_in}",
        "spn:promotedBy state:AAA",
        *statements,
    )


def act(
    local: str, *statements: str, who: str = "state:AAA", action: str = "accession", **options: str
) -> str:
    return fact(
        f"act:{local}",
        "spn:TreatyAction",
        f"spn:participant {who}",
        "spn:instrument instrument:TRE",
        f"spn:action action:{action}",
        *statements,
        **options,
    )


def membership(local: str, *statements: str, level: str = "level:state") -> str:
    return fact(
        f"membership:{local}",
        "spn:Membership",
        "org:member state:AAA",
        "org:organization alliance:club",
        "spn:role role:member",
        f"spn:level {level}",
        *statements,
    )


def linkage(local: str, *statements: str, other: str = "state:BBB") -> str:
    return coded(
        f"linkage:{local}",
        "spn:Linkage",
        "spn:actorA state:AAA",
        f"spn:actorB {other}",
        "spn:tieKind tiekind:payload-hosting",
        "spn:tie tie:cooperation",
        "spn:crossBloc false",
        'spn:summary "…"@en',
        *statements,
    )


def vote(local: str, *statements: str, day: str = "1980-12-01", tally: str = 'spn:note "…"@en') -> str:
    resolution = coded(
        f"resolution:{local}",
        "spn:AssemblyResolution",
        'dcterms:title "…"@en',
        f'spn:symbol "A/{local}"',
        "spn:session 35",
        'spn:date "1980-12-01"^^xsd:date',
        "spn:voteTopic votetopic:peaceful_uses",
        tally,
    )
    roll_call = fact(
        f"rollcall:{local}",
        "spn:RollCall",
        f"spn:rollCallOn resolution:{local}",
        f'spn:date "{day}"^^xsd:date',
        *statements,
    )
    return resolution + roll_call


def ambiguity(code: str) -> str:
    return coded(f"ambiguity:{code}", "spn:Ambiguity", "spn:arisesFrom provision:TRE-1", 'spn:reason "…"@en')


def reading(code: str) -> str:
    """Return a reading of the ambiguity that its code begins with: ``I90a`` reads ``A90``."""
    return coded(
        f"interpretation:{code}",
        "spn:Interpretation",
        f"spn:interprets ambiguity:A{code[1:3]}",
        "spn:heldBy state:AAA",
        "spn:strength strength:arguable",
    )


def consequence(
    local: str,
    *statements: str,
    of: str = "I90a",
    effect: str = "bars",
    basis: str = "provision:TRE-1",
    grade: str = "inferred",
    **options: str,
) -> str:
    return fact(
        f"consequence:{local}",
        "spn:Consequence",
        f"spn:ofReading interpretation:{of}",
        f"spn:effect effect:{effect}",
        f"spn:basis {basis}",
        'spn:summary "…"@en',
        *(statements or ("spn:forNorm norm:N-ONE",)),
        grade=grade,
        **options,
    )


SOUND = "".join(
    [
        state("AAA", 'spn:unMemberSince "1960"^^xsd:gYear', "skos:exactMatch wd:Q1"),
        state("BBB", 'spn:unMemberSince "1990"^^xsd:gYear'),
        state(
            "OLD",
            'spn:existedFrom "1950-05-01"^^xsd:date',
            'spn:existedUntil "1990-10-03"^^xsd:date',
            kind="spn:FormerState",
        ),
        source("book", "scholarly"),
        source("old-book", "scholarly", 'dcterms:issued "2020"^^xsd:gYear'),
        source("recalled", "dataset"),
        source("law", "treaty-text"),
        instrument("TRE", 'spn:adopted "1967-01-27"^^xsd:date', 'spn:enteredIntoForce "1967"^^xsd:gYear'),
        instrument("SOFT", kind="spn:Guidelines", binding="false"),
        provision("TRE-1", "TRE"),
        provision("SOFT-1", "SOFT"),
        norm("N-ONE"),
        norm("N-TWO"),
        coded(
            "alliance:club",
            "spn:Alliance",
            "spn:allianceKind alliancekind:agency",
            'spn:founded "2020-10"^^xsd:gYearMonth',
            'skos:altLabel "The Club"@en',
        ),
        # What is near to a fault, and none: a year may be the year of the adoption, and so on.
        act("same-year", 'spn:date "1967"^^xsd:gYear'),
        act("old-state", 'spn:date "1990"^^xsd:gYear', who="state:OLD", action="signature"),
        act("withdrawn", 'spn:date "1968"^^xsd:gYear', action="withdrawal"),
        membership("same-month", 'spn:from "2020-10-13"^^xsd:date', 'spn:until "2020"^^xsd:gYear'),
        vote("sound", "spn:votedYes state:AAA", tally="spn:tallyYes 1"),
        ambiguity("A90"),
        *(reading(code) for code in ("I90a", "I90b")),
        consequence("sound-a"),
        consequence("sound-b", of="I90b", effect="permits"),
    ]
)

#: (rule, subject at fault, Turtle)
HYGIENE = [
    ("act-before-instrument", "act:early", act("early", 'spn:date "1966-12"^^xsd:gYearMonth')),
    (
        "act-of-a-state-that-did-not-exist",
        "act:too-late",
        act("too-late", 'spn:date "1990-10-04"^^xsd:date', who="state:OLD"),
    ),
    (
        "act-recorded-twice",
        "act:twice-a",
        act("twice-a", 'spn:date "1999"^^xsd:gYear') + act("twice-b", 'spn:date "1999"^^xsd:gYear'),
    ),
    (
        "code-unlike-address",
        "linkage:LK1",
        fact("linkage:x", "spn:Fact") + linkage("LK1").replace('"LK1" ', '"LK2" '),
    ),
    (
        "concept-out-of-its-scheme",
        "theme:stray",
        block(
            "theme:stray",
            "skos:Concept",
            'skos:prefLabel "stray"@en',
            'skos:notation "stray"',
            "skos:inScheme <https://w3id.org/spacenorms/vocabulary/theme>",
        ),
    ),
    (
        "conflict-of-a-norm-with-itself",
        "conflict:C91",
        coded(
            "conflict:C91",
            "spn:NormConflict",
            "spn:sideA norm:N-ONE",
            "spn:sideB norm:N-ONE",
            "spn:conflictType conflicttype:tension",
            'spn:explanation "…"@en',
        ),
    ),
    ("consequence-without-ground", "consequence:stray", consequence("stray", basis="provision:SOFT-1")),
    ("derived-statement-in-the-facts", "state:CCC", state("CCC", "spn:partyTo instrument:TRE")),
    (
        "end-before-beginning",
        "linkage:LK3",
        linkage("LK3", 'spn:from "2005-06"^^xsd:gYearMonth', 'spn:until "2005-05-31"^^xsd:date'),
    ),
    (
        "fact-after-its-sources",
        "act:unforeseen",
        act("unforeseen", 'spn:date "2021-01-01"^^xsd:date', source="old-book", action="party"),
    ),
    ("fact-in-the-future", "linkage:LK4", linkage("LK4", 'spn:from "2999"^^xsd:gYear')),
    ("hard-law-in-a-text-that-does-not-bind", "norm:N-SOFT", norm("N-SOFT", stated_in="SOFT-1")),
    ("impossible-date", "instrument:NODAY", instrument("NODAY", 'dcterms:created "1967-02-30"^^xsd:date')),
    ("link-to-nothing", "instrument:LINK", instrument("LINK", "dcterms:relation instrument:NONE")),
    (
        "inferred-from-another-source",
        "consequence:elsewhere",
        consequence("elsewhere", source="old-book"),
    ),
    (
        "membership-before-alliance",
        "membership:early",
        membership("early", 'spn:from "2020-09"^^xsd:gYearMonth'),
    ),
    (
        "name-of-two-things",
        "alliance:another",
        coded(
            "alliance:another",
            "spn:Alliance",
            "spn:allianceKind alliancekind:agency",
            'skos:altLabel "the club"@en',
        ),
    ),
    (
        "official-without-official-source",
        "act:unofficial",
        act("unofficial", action="party", grade="official"),
    ),
    ("outside-domain", "instrument:DOMAIN", instrument("DOMAIN", "spn:tie tie:cooperation")),
    (
        "readings-with-one-outcome",
        "interpretation:I93a",
        ambiguity("A93")
        + reading("I93a")
        + reading("I93b")
        + consequence("alike-a", of="I93a")
        + consequence("alike-b", of="I93b"),
    ),
    (
        "readings-without-difference",
        "ambiguity:A92",
        ambiguity("A92")
        + reading("I92a")
        + reading("I92b")
        + consequence("same-a", of="I92a")
        + consequence("same-b", "spn:forNorm norm:N-ONE, norm:N-TWO", of="I92b"),
    ),
    (
        "recalled-graded-higher",
        "act:recalled",
        act("recalled", action="succession", source="recalled"),
    ),
    ("roll-call-on-another-day", "rollcall:day", vote("day", "spn:votedYes state:AAA", day="1980-12-02")),
    ("stated-without-locator", "consequence:nowhere", consequence("nowhere", grade="reported")),
    (
        "succession-told-on-one-side",
        "instrument:NEW",
        instrument("NEW", "spn:supersedes instrument:TRE"),
    ),
    (
        "superseded-by-an-older-text",
        "instrument:YOUNG",
        instrument("YOUNG", 'spn:adopted "2001"^^xsd:gYear', "spn:supersededBy instrument:AGED")
        + instrument("AGED", 'spn:adopted "2000-12-31"^^xsd:date', "spn:supersedes instrument:YOUNG"),
    ),
    (
        "text-without-language",
        "spn:plainTerm",
        block("spn:plainTerm", "owl:DatatypeProperty", 'rdfs:label "plain"', 'skos:definition "…"@en'),
    ),
    ("thing-without-class", "state:NOBODY", block("state:NOBODY", "foaf:Agent", 'rdfs:label "Nobody"@en')),
    ("tie-with-oneself", "linkage:LK5", linkage("LK5", other="state:AAA")),
    (
        "two-names-in-one-language",
        "spn:twoNames",
        block(
            "spn:twoNames", "owl:DatatypeProperty", 'rdfs:label "one"@en, "two"@en', 'skos:definition "…"@en'
        ),
    ),
    (
        "two-votes-of-one-state",
        "rollcall:double",
        vote("double", "spn:votedYes state:AAA", "spn:absent state:AAA"),
    ),
    ("undeclared-term", "instrument:TERM", instrument("TERM", "spn:adoptedIn 1967")),
    ("undocumented-term", "spn:bareTerm", block("spn:bareTerm", "owl:Class", 'rdfs:label "bare"@en')),
    (
        "unexplained-tally",
        "resolution:tally",
        vote("tally", "spn:votedYes state:AAA", tally="spn:tallyYes 2"),
    ),
    ("untidy-text", "linkage:LK6", linkage("LK6", 'spn:note "two  spaces"@en')),
    ("vote-before-admission", "rollcall:guest", vote("guest", "spn:votedYes state:BBB")),
    ("wikidata-item-of-two-things", "state:AAA", state("DDD", "skos:exactMatch wd:Q1")),
    (
        "withdrawal-before-consent",
        "act:gone",
        act("gone", 'spn:date "1970-01-01"^^xsd:date', who="state:BBB", action="withdrawal")
        + act("come", 'spn:date "1970-01-02"^^xsd:date', who="state:BBB"),
    ),
]

SHAPES = [
    ("label-property", "linkage:S1", linkage("S1").replace('"S1"@en', '"S1"')),
    ("source-property", "linkage:S2", linkage("S2").replace("source:book", "state:AAA")),
    ("verification-property", "linkage:S3", linkage("S3").replace("verification:reported", "force:hard-law")),
    ("note-property", "linkage:S4", linkage("S4", 'spn:note "no language"')),
    ("locator-property", "linkage:S5", linkage("S5", 'spn:locator "a language"@en')),
    ("date-property", "act:S6", act("S6", 'spn:date "in 1967"', action="party")),
    (
        "effectiveDate-property",
        "act:S7",
        act("S7", "spn:effectiveDate 1967", who="state:BBB", action="party"),
    ),
    ("participant-property", "act:S8", act("S8", who="instrument:TRE", action="party")),
    ("action-property", "act:S9", act("S9", who="state:OLD", action="party, action:signature")),
    ("level-property", "membership:S10", membership("S10", level="role:member")),
    ("organization-property", "membership:S11", membership("S11").replace("alliance:club", "state:AAA")),
    ("iso3-property", "state:S12", state("S12")),
    ("latitude-property", "state:EEE", state("EEE", "wgs84:lat 91.0")),
    ("existedUntil-property", "state:FFF", state("FFF", kind="spn:FormerState")),
    ("allianceKind-property", "alliance:S13", coded("alliance:S13", "spn:Alliance")),
    ("binding-property", "instrument:S14", instrument("S14", binding='"yes"')),
    ("enactedBy-required-property", "instrument:S15", instrument("S15", kind="spn:NationalLaw")),
    ("locator-required-property", "provision:S16", provision("S16", "TRE").replace('spn:locator "1" ;', "")),
    ("modality-property", "norm:S17", norm("S17").replace("spn:modality modality:obligation ;", "")),
    (
        "statedIn-property",
        "norm:S18",
        norm("S18").replace("provision:TRE-1", "provision:TRE-1, instrument:TRE"),
    ),
    ("votedYes-property", "rollcall:S19", vote("S19", "spn:votedYes alliance:club")),
    ("tallyYes-property", "resolution:S20", vote("S20", tally='spn:tallyYes -1 ; spn:note "…"@en')),
    ("tie-property", "linkage:S21", linkage("S21", "spn:tie tie:competition")),
    (
        "crossBloc-property",
        "linkage:S22",
        linkage("S22").replace("spn:crossBloc false", 'spn:crossBloc "no"'),
    ),
    ("page-property", "source:S23", source("S23", "news", "foaf:page <ftp://example.org/>")),
    (
        "sourceKind-property",
        "source:S24",
        source("S24", "news").replace("sourcekind:news", "tiekind:payload-hosting"),
    ),
    (
        "topic-property",
        "position:S25",
        fact(
            "position:S25",
            "spn:Position",
            "spn:actor state:AAA",
            "spn:topic state:BBB",
            "spn:stance stance:supports",
            'spn:summary "…"@en',
        ),
    ),
    (
        "inScheme-property",
        "tie:S26",
        block("tie:S26", "skos:Concept", 'skos:prefLabel "S26"@en', 'skos:notation "S26"'),
    ),
    ("consequences-property", "interpretation:I90z", reading("I90z")),
    ("consequence-basis-property", "consequence:S28", consequence("S28", basis="state:AAA")),
    (
        "effect-property",
        "consequence:S29",
        consequence("S29").replace("effect:bars", "force:hard-law"),
    ),
    ("forNorm-property", "consequence:S30", consequence("S30", 'spn:note "…"@en')),
    ("ofReading-property", "consequence:S31", consequence("S31").replace("interpretation:I90a", "state:AAA")),
    ("summary-property", "consequence:S32", consequence("S32").replace('spn:summary "…"@en ;', "")),
]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small release: the real schema, shapes and vocabularies, and a few sound facts."""
    folder = tmp_path_factory.mktemp("release")
    (folder / "vocabulary").mkdir()
    for scheme in (ontology_dir() / "vocabulary").glob("*.ttl"):
        if IDENTIFIER not in scheme.read_text(encoding="utf-8"):  # else it names facts of the real release
            shutil.copy(scheme, folder / "vocabulary")
    for name in ("spacenorms.ttl", "shapes.ttl"):
        shutil.copy(ontology_dir() / name, folder)
    (folder / "facts").mkdir()
    (folder / "facts" / "sound.ttl").write_text(HEADER + SOUND, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def faults(release: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Fault]:
    """What the check finds in a release with one faulty file for each case."""
    folder = tmp_path_factory.mktemp("faulty") / "release"
    shutil.copytree(release, folder)
    for rule, _, turtle in HYGIENE + SHAPES:
        (folder / "facts" / f"{rule}.ttl").write_text(HEADER + turtle, encoding="utf-8")
    (folder / "facts" / "again.ttl").write_text(HEADER + state("BBB"), encoding="utf-8")
    return check(folder)


def of_file(faults: list[Fault], name: str) -> set[tuple[str, str]]:
    return {(fault.rule, fault.subject) for fault in faults if Path(fault.file).stem == name}


def test_sound_facts_have_no_fault(release: Path) -> None:
    assert [str(fault) for fault in check(release)] == []


@pytest.mark.parametrize(("rule", "subject"), [case[:2] for case in HYGIENE])
def test_hygiene_rule_fires(rule: str, subject: str, faults: list[Fault]) -> None:
    name = "sound" if rule == "wikidata-item-of-two-things" else rule
    assert (f"hygiene/{rule}", subject) in of_file(faults, name)


@pytest.mark.parametrize(("shape", "subject"), [case[:2] for case in SHAPES])
def test_shape_fires(shape: str, subject: str, faults: list[Fault]) -> None:
    assert of_file(faults, shape) == {(f"shapes/{shape}", subject)}


def test_thing_described_in_two_files_is_a_fault(faults: list[Fault]) -> None:
    assert ("hygiene/described-in-two-files", "state:BBB") in of_file(faults, "again") | of_file(
        faults, "sound"
    )


def test_missing_source_is_told_once(release: Path, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(release, folder)
    sourceless = linkage("LK9").replace("dcterms:source source:book ;", "")
    (folder / "facts" / "linkages.ttl").write_text(HEADER + sourceless, encoding="utf-8")
    (fault,) = check(folder)
    assert (fault.rule, fault.subject) == ("shapes/source-property", "linkage:LK9")
    assert "dcterms:source is missing" in fault.message


def test_every_hygiene_rule_has_a_case() -> None:
    elsewhere = {"described-in-two-files", "fact-without-source"}
    assert {rule.name.removeprefix("hygiene/") for rule in hygiene_rules()} == {
        case[0] for case in HYGIENE
    } | elsewhere


@pytest.mark.parametrize("rule", hygiene_rules(), ids=lambda rule: rule.name)
def test_hygiene_rule_has_severity_and_remedy(rule: SavedQuery) -> None:
    assert rule.severity in ("error", "warning")
    assert rule.remedy.endswith(".")


def test_every_message_of_a_shape_says_what_is_right_and_how_to_mend_it() -> None:
    text = (ontology_dir() / "shapes.ttl").read_text(encoding="utf-8")
    messages = re.findall(r'sh:message "(.*)"@en', text)
    assert len(messages) == len(re.findall(r"a sh:PropertyShape", text))
    for message in messages:
        right, _, remedy = message.partition(". ")
        assert right, message
        assert remedy.endswith("."), message


def test_fault_names_file_line_subject_and_remedy(faults: list[Fault]) -> None:
    (fault,) = [fault for fault in faults if fault.subject == "act:early"]
    assert Path(fault.file).name == "act-before-instrument.ttl"
    assert fault.line == HEADER.count("\n") + 1
    assert "1966-12" in fault.message
    assert str(fault) == (
        f"{fault.file}:{fault.line}: error: act:early: {fault.message}\n"
        "    Correct the date of the act, or the dates of the instrument. [hygiene/act-before-instrument]"
    )


def test_turtle_that_does_not_parse_is_told_with_line_and_column(release: Path, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(release, folder)
    (folder / "facts" / "broken.ttl").write_text(
        HEADER + "\nstate:AAA a spn:State ;;\n  , .\n", encoding="utf-8"
    )
    (fault,) = check(folder)
    assert (Path(fault.file).name, fault.rule) == ("broken.ttl", "turtle")
    assert fault.line == HEADER.count("\n") + 3
    assert f"line {fault.line}, column 3" in fault.remedy


def test_bytes_that_are_no_text_are_told(release: Path, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(release, folder)
    (folder / "facts" / "latin.ttl").write_bytes(
        HEADER.encode() + 'state:AAA rdfs:label "Curaçao"@en .'.encode("latin-1")
    )
    (fault,) = check(folder)
    assert (Path(fault.file).name, fault.rule) == ("latin.ttl", "turtle")


def test_file_of_ones_own_is_checked_against_the_release(tmp_path: Path) -> None:
    mine = tmp_path / "mine.ttl"
    act_of_mine = act("AUS-mine", 'spn:date "1950"^^xsd:gYear', who="state:AUS").replace(
        "instrument:TRE", "instrument:OST"
    )
    mine.write_text(HEADER + act_of_mine.replace("source:book", "source:ost-text"), encoding="utf-8")
    found = check(mine)
    assert [(fault.file, fault.rule) for fault in found] == [(str(mine), "hygiene/act-before-instrument")]


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="does not exist"):
        check(tmp_path / "nowhere")


def test_folder_without_turtle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="holds no Turtle"):
        check(tmp_path)


def test_release_has_no_fault() -> None:
    steps: list[str] = []
    assert [str(fault) for fault in check(progress=steps.append)] == []
    assert steps[0].startswith("Reading")
    assert len(steps) == 2 + len(hygiene_rules())
