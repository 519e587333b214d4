"""The tree of hypotheses with its reasons, as `--explain` shows it."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from sreagent.cli.render import MARKS, bar
from sreagent.domain.evidence import Evidence
from sreagent.domain.hypothesis import Hypothesis, Standing
from sreagent.domain.text import one_line

CLAIM = 200
"""Characters of a claim in the tree; `sre incidents show` tells it in full."""
VICTIMS = 8


def reasons(
    alert: str, found: Sequence[Hypothesis], seen: Sequence[Evidence], *, drawn: bool
) -> Iterator[RenderableType]:
    """Each hypothesis with what speaks for and against it, best first, rivals under it.

    Args:
        alert: What has to be explained.
        found: All hypotheses of one account.
        seen: The evidence they cite.
        drawn: With branches, for a terminal; else as indented lines.
    """
    known = {evidence.id: evidence for evidence in seen}
    tree = Tree(Text(f"Why does {alert} fire?"), guide_style="dim")
    _grow(tree, "", found, known)
    if drawn:
        yield tree
    else:
        yield from _flat(tree, 1)


def _grow(
    tree: Tree, parent: str, found: Sequence[Hypothesis], known: Mapping[str, Evidence]
) -> None:
    for hypothesis in found:
        if hypothesis.parent == parent:
            branch = tree.add(_title(hypothesis))
            for line in _lines(hypothesis, known):
                branch.add(line)
            _grow(branch, hypothesis.id, found, known)


def _title(hypothesis: Hypothesis) -> Text:
    refuted = hypothesis.standing is Standing.REFUTED
    text = bar(hypothesis)
    text.append(one_line(hypothesis.statement, CLAIM), style="dim" if refuted else "default")
    return text.append("  refuted", style="dim") if refuted else text


def _lines(hypothesis: Hypothesis, known: Mapping[str, Evidence]) -> Iterator[Text]:
    for word, ids in (
        ("for", hypothesis.evidence_for),
        ("against", hypothesis.evidence_against),
    ):
        for id_ in ids:
            if evidence := known.get(id_):
                yield _cited(word, evidence)
    if hypothesis.parts:
        yield _labelled("sure by", _sum(hypothesis))
    if hypothesis.explains:
        names = [f"{one.namespace}/{one.name}" for one in hypothesis.explains[:VICTIMS]]
        yield _labelled("explains", ", ".join(names))
    if hypothesis.standing is not Standing.REFUTED and hypothesis.refuted_by:
        yield _labelled("refuted if", hypothesis.refuted_by)
    for command in hypothesis.would_tell:
        yield _labelled("would tell", command)


def _cited(word: str, evidence: Evidence) -> Text:
    mark, colour = MARKS[evidence.verdict]
    text = _labelled(word, "").append(f"{mark} ", style=colour)
    text.append(f"{evidence.id} ", style="cyan")
    return text.append(one_line(evidence.claim, CLAIM))


def _labelled(word: str, said: str) -> Text:
    return Text(f"{word:<10} ", style="dim").append(said, style="default")


def _sum(hypothesis: Hypothesis) -> str:
    """`0.55 pod.crash_loop, +0.12 the log says why = 0.67`."""
    first, *others = hypothesis.parts
    shares = [f"{first[1]:.2f} {first[0]}", *(f"{share:+.2f} {why}" for why, share in others)]
    return f"{', '.join(shares)} = {hypothesis.confidence:.2f}"


def _flat(tree: Tree, depth: int) -> Iterator[Text]:
    for branch in tree.children:
        if isinstance(branch.label, Text):
            yield Text("  " * depth).append_text(branch.label)
        yield from _flat(branch, depth + 1)
