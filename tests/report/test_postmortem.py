"""A postmortem tells every ending, cites every fact, and repeats hostile text as text only."""

import re
from dataclasses import replace

import pytest
from tests.journal.samples import ALERT, EVIDENCE, OPENED, PROPOSAL
from tests.report.samples import CONCLUDED, FOUND, ID, NOW, endings, incident
from tests.report.test_markdown import RENDERER, all_tokens

from sreagent.domain.entity import Entity
from sreagent.domain.incident import Incident, fold
from sreagent.domain.record import Entry, Saw
from sreagent.journal.codec import redacted
from sreagent.report.followups import PREVENTION
from sreagent.report.postmortem import postmortem
from sreagent.report.timeline import OUTCOMES

ENDINGS = endings()
EVERY_ENDING = [pytest.param(ended, id=name) for name, ended in ENDINGS.items()]
CITED_SECTIONS = (
    "Summary",
    "Impact",
    "Timeline",
    "Root cause",
    "Most likely cause (not confirmed)",
    "What was done",
    "What was ruled out",
    "What could not be looked at",
    "What we don't know",
    "Action items",
)
UNCITED_ON_PURPOSE = "These give no answer either way"
CITATION = re.compile(r"(?<!\\)\[([EAHJ]\d+(?: [EAHJ]\d+)*)\]")
HOSTILE = (
    "[x](http://evil.example)![](https://evil.example/a.png)<img src=x onerror=alert(1)>"
    "\n# Fixed by restart\n```\n| a | b |\n~~~\n[E1]: http://evil.example\n> `code\n\n- [ ] do [E9]"
)


def written(incident: Incident) -> str:
    return postmortem(incident, now=NOW)


def section(document: str, title: str) -> str:
    return document.partition(f"\n## {title}\n")[2].partition("\n## ")[0].strip()


def known_ids(incident: Incident) -> set[str]:
    return {
        *(evidence.id for evidence in incident.evidence),
        *(hypothesis.id for hypothesis in incident.hypotheses),
        *(proposal.id for proposal in incident.proposals),
        *(f"J{entry.seq}" for entry in incident.entries),
    }


def statements(text: str) -> list[str]:
    """Bullets and paragraphs; not headings, blocks, or the first line of an action item."""
    text = re.sub(r"(?ms)^ *(`{3,}).*?^ *\1$", "", text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return [line for line in lines if not line.startswith(("#", "- [ ] ", UNCITED_ON_PURPOSE))]


def uncited(incident: Incident) -> list[str]:
    document, known = written(incident), known_ids(incident)
    return [
        line
        for title in CITED_SECTIONS
        for line in statements(section(document, title))
        if not any(set(ids.split()) <= known for ids in CITATION.findall(line))
    ]


@pytest.mark.parametrize("incident", EVERY_ENDING)
def test_every_statement_cites_something_that_exists(incident: Incident) -> None:
    assert uncited(incident) == []


@pytest.mark.parametrize("incident", EVERY_ENDING)
def test_no_citation_names_what_does_not_exist(incident: Incident) -> None:
    assert cited(written(incident)) <= known_ids(incident)


@pytest.mark.parametrize("incident", EVERY_ENDING)
def test_the_title_tells_incident_severity_and_status(incident: Incident) -> None:
    title = written(incident).split("\n")[0]
    severity = incident.opened.alert.severity or "no severity"
    assert title.startswith(f"# {ID}: KubePodCrashLooping")
    assert title.endswith(f"({severity}, {OUTCOMES[incident.outcome]})")


def test_the_title_names_the_namespace_once() -> None:
    alert = replace(ALERT, name="checkout pods crash looping in shop")
    told = written(incident(opened=replace(OPENED, alert=alert, namespace="shop")))
    assert told.startswith(f"# {ID}: checkout pods crash looping in shop (")


def hostile(incident: Incident) -> Incident:
    """The same incident, with hostile words in every text that is not an id."""

    def poison(text: str) -> str:
        return text if re.fullmatch(r"[EAHJ]\d+|keyboard|policy|", text) else HOSTILE + text

    poisoned = [replace(e, record=redacted(e.record, poison)) for e in incident.entries]
    return fold(incident.id, [Entry(seq=e.seq, at=e.at, record=e.record) for e in poisoned])


def skeleton(document: str) -> list[str]:
    kinds = ("heading_open", "bullet_list_open", "list_item_open", "fence", "table_open", "tr_open")
    return [token.tag + token.type for token in RENDERER.parse(document) if token.type in kinds]


@pytest.mark.parametrize("incident", EVERY_ENDING)
def test_hostile_text_cannot_change_the_document(incident: Incident) -> None:
    kind, poisoned = written(incident), written(hostile(incident))
    assert skeleton(poisoned) == skeleton(kind)
    bad = {"link_open", "image", "html_inline", "html_block", "s_open", "hr", "blockquote_open"}
    assert not bad & {token.type for token in all_tokens(poisoned)}
    assert cited(without_code(poisoned)) == cited(without_code(kind))


def without_code(document: str) -> str:
    document = re.sub(r"(?ms)^ *(`{3,}).*?^ *\1$", "", document)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", document)


def cited(document: str) -> set[str]:
    return {id_ for ids in CITATION.findall(document) for id_ in ids.split()}


def test_the_story_of_a_fix_is_told_in_order() -> None:
    told = section(written(ENDINGS["fixed"]), "Timeline")
    steps = [
        "Changed: deployment shop/checkout",
        "Alert KubePodCrashLooping began to fire",
        "First symptom",
        "Investigation began by oncall",
        "Looked: 3 reads, 1 without an answer, 3 pieces of evidence [J2 J9]",
        "Cause named with confidence 0.93",
        "A1 proposed",
        "A1 approved by `oncall@prod` (keyboard)",
        "A1 sent: `kubectl",
        "A1 done",
        "A1 verified after 28 s: it helped",
        "Investigation ended: fixed",
    ]
    places = [told.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


def test_an_action_is_told_with_approval_result_and_undo() -> None:
    done = section(written(ENDINGS["fixed"]), "What was done")
    for told in (
        "### A1 Roll back checkout to revision 7 (done)",
        f"- Command: `{PROPOSAL.command}`",
        "- Why: the crash began 70 s after revision 8 [E1 A1]",
        "- Approved: by `oncall@prod` (keyboard) at 2026-11-21 01:07:00",
        "  - image: shop/checkout:2.4.1\n  + image: shop/checkout:2.4.0",
        "- Verification: it helped (pods ready: 3/3)",
        f"- Undo: `{PROPOSAL.undo_command}`",
    ):
        assert told in done


def test_the_root_cause_shows_its_evidence() -> None:
    cause = section(written(ENDINGS["fixed"]), "Root cause")
    assert cause.startswith("revision 8 of checkout crashes at start [E1]")
    assert "could have been written by anybody" in cause
    assert "  ```text\n  Traceback\n    KeyError: 'PAYMENT_PROVIDERS'\n  ```" in cause


@pytest.mark.parametrize(
    ("ending", "title", "told"),
    [
        pytest.param("no fault", "Root cause", "None: no fault was found", id="no-fault"),
        pytest.param("unknown", "Root cause", "Not known", id="unknown"),
        pytest.param("killed while looking", "Root cause", "Not known", id="interrupted"),
        pytest.param("several causes", "Root cause", "### Also found", id="several"),
        pytest.param(
            "escalated", "Most likely cause (not confirmed)", "Confidence: 0.54", id="not-sure"
        ),
        pytest.param("escalated", "What we don't know", "0.54 is below 0.82", id="doubt"),
        pytest.param("killed while running", "What we don't know", "Whether A1 was", id="lost"),
        pytest.param("not verified", "What we don't know", "Whether A1 helped", id="unverified"),
        pytest.param("killed while running", "What was done", "in doubt", id="in-doubt"),
        pytest.param("denied by policy", "What was done", "by policy: read-only", id="no"),
        pytest.param("rejected", "What was done", "the release team does it", id="rejected"),
        pytest.param("fixed", "What was ruled out", "payment is down, refuted", id="ruled-out"),
        pytest.param("fixed", "What could not be looked at", "403 not allowed [J4]", id="gap"),
        pytest.param("no fault", "What could not be looked at", "Every look was", id="all"),
        pytest.param("killed at once", "What could not be looked at", "Nothing was", id="none"),
        pytest.param("diagnosed", "What was done", "Nothing was changed", id="unchanged"),
        pytest.param("fixed", "Impact", "frontend answered 14 %", id="impact"),
        pytest.param("fixed", "Impact", "verified fix: 5 min", id="duration"),
        pytest.param("no fault", "Impact", "was not seen by this investigation", id="no-impact"),
        pytest.param("killed at once", "Summary", "It has not ended", id="not-ended"),
        pytest.param("resumed and ended", "Timeline", "Taken up again by oncall", id="resumed"),
    ],
)
def test_an_ending_is_told_where_it_belongs(ending: str, title: str, told: str) -> None:
    assert told in section(written(ENDINGS[ending]), title)


@pytest.mark.parametrize(
    ("ending", "item"),
    [
        pytest.param("fixed", "Make the same change where deployment shop/checkout", id="source"),
        pytest.param("fixed", f"`sre undo {ID} A1`", id="undo"),
        pytest.param("fixed", "stop by itself when its new pods", id="prevention"),
        pytest.param("fixed", "`kubectl get secrets -n shop`", id="gap"),
        pytest.param("not fixed", "Take A1 back", id="did-not-help"),
        pytest.param("waiting", f"`sre approve {ID} A1`", id="undecided"),
        pytest.param("rejected", "in another way than A1", id="rejected"),
        pytest.param("escalated", "a healthy pod of revision 8 would refute it", id="not-sure"),
        pytest.param("no fault", "Review threshold", id="no-fault"),
        pytest.param("unknown", "Investigate again", id="unknown"),
        pytest.param("killed while running", f"`sre resume {ID}`", id="interrupted"),
        pytest.param("several causes", "service shop/search", id="other-cause"),
    ],
)
def test_what_is_left_to_do_follows_from_what_happened(ending: str, item: str) -> None:
    assert item in section(written(ENDINGS[ending]), "Action items")


@pytest.mark.parametrize(
    "text", PREVENTION.values(), ids=[str(category) for category in PREVENTION]
)
def test_prevention_speaks_of_systems_and_not_of_people(text: str) -> None:
    assert not re.search(r"(?i)\b(who|fault|mistake|careless|blame|should have|someone)\b", text)


def test_each_evidence_can_be_asked_for_again() -> None:
    incident = ENDINGS["fixed"]
    listed = section(written(incident), "Evidence")
    for evidence in incident.evidence:
        assert f"**{evidence.id}**" in listed
        assert f"`{evidence.command}`" in listed
    assert f"seen {EVIDENCE.seen_at:%Y-%m-%d %H:%M:%S}" in listed


def test_a_victim_is_shown_by_what_was_seen_of_its_pods() -> None:
    pod = Entity(kind="Pod", namespace="shop", name="frontend-dlk-b72ks")
    seen = [Saw(evidence=replace(EVIDENCE, id=f"E{n}", entity=pod)) for n in (7, 8)]
    impact = section(written(incident(*seen, CONCLUDED)), "Impact")
    assert "deployment shop/frontend suffered without being at fault. [E7 E8]" in impact


def test_the_citation_at_the_end_of_a_summary_is_taken_over() -> None:
    concluded = replace(CONCLUDED, summary="Checkout crashes [E1 E3 E77]")
    told = written(incident(*FOUND[:-1], concluded))
    assert section(told, "Summary").startswith("Checkout crashes [E1 E3 J10]")
