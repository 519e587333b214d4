"""`sre drift`: where reality left Terraform state, who did it, how bad it is, and the patch."""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sreagent.cli import options
from sreagent.cli.drift_fix import ANOTHER, Fix, hand_over, patch, written
from sreagent.domain.drift import Changed, DriftReport, LeftOver, Missing, Severity
from sreagent.domain.errors import BadInput

if TYPE_CHECKING:
    from sreagent.cli.drift_screen import DriftProgress
    from sreagent.domain.terraform import StateSpec
    from sreagent.drift.baseline import Baseline as Knowledge
    from sreagent.drift.ignore import IgnoreFile
    from sreagent.drift.mend.code import Code
    from sreagent.drift.mend.patch import Mended
    from sreagent.drift.mend.plan import Plan
    from sreagent.drift.survey import Doors, Surveyed
    from sreagent.report.drift_sarif import Lines

IGNORE_FILE = Path(".sreignore")


class Right(StrEnum):
    """Who is right."""

    AUTO = "auto"
    CODE = "code"
    REALITY = "reality"


State = Annotated[
    list[str] | None,
    typer.Option("--state", metavar="SRC", help="State: file, folder, s3://…, -; may repeat."),
]
CodeFolder = Annotated[
    Path,
    typer.Option(
        metavar="FOLDER", exists=True, file_okay=False, help="Folder of the Terraform code."
    ),
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="ADDRESS", help="Only these resources; * and ? stand.")
]
FixAs = Annotated[
    Fix | None, typer.Option("--fix", help="Write a patch, a local branch, or a pull request.")
]
Who = Annotated[Right, typer.Option("--direction", help="Who is right: code, reality, or auto.")]
Send = Annotated[bool, typer.Option("--send", help="With --fix pr: push and open it.")]
OnCall = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Who is on call; may repeat.")
]
All = Annotated[
    bool, typer.Option("--all", help="Show what controllers own, too, and what is ignored.")
]
NoWho = Annotated[bool, typer.Option("--no-who", help="Do not ask CloudTrail who it was.")]
NoUnmanaged = Annotated[bool, typer.Option("--no-unmanaged", help="Do not tell of strangers.")]
Baseline = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Tell only what this file does not know.")
]
SaveBaseline = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write down what is found as known.")
]
FailOn = Annotated[
    Severity | None, typer.Option(help="Exit 2 only for findings at least so severe.")
]
Ignore = Annotated[Path, typer.Option(metavar="FILE", help="What is not to be told.")]
Header = Annotated[
    list[str] | None, typer.Option(metavar="NAME:VALUE", help="For states behind HTTP.")
]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown and nothing else.")]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page of HTML.")]
Sarif = Annotated[Path | None, typer.Option(metavar="FILE", help="Write SARIF for code scanning.")]
Junit = Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML for CI.")]
Role = Annotated[
    str | None, typer.Option(metavar="NAME", help="Role to assume in other AWS accounts.")
]


def drift(
    state: State = None,
    code: CodeFolder = Path(),
    only: Only = None,
    fix: FixAs = None,
    direction: Who = Right.AUTO,
    send: Send = False,
    on_call: OnCall = None,
    all_: All = False,
    no_who: NoWho = False,
    no_unmanaged: NoUnmanaged = False,
    baseline: Baseline = None,
    save_baseline: SaveBaseline = None,
    fail_on: FailOn = None,
    ignore: Ignore = IGNORE_FILE,
    header: Header = None,
    aws_role: Role = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    json: options.Json = False,
    markdown: Markdown = False,
    html: Html = None,
    sarif: Sarif = None,
    junit: Junit = None,
    debug: options.Debug = False,
) -> None:
    """Show where reality left Terraform state, who changed it, how bad it is, and what mends it.

    Without --state, the backend of the code here is read. Nothing is changed and no lock is
    taken; --fix writes code, never to the cloud. Exit: 0 no drift, 2 drift, 3 something could not
    be looked at, 1 nothing is known.
    """
    from sreagent.drift.outcome import exit_of
    from sreagent.wiring import drift as wired

    del debug
    settings = options.settings(context=context, kubeconfig=kubeconfig, aws_role=aws_role)
    rules = _rules(ignore)
    known = _known(baseline)
    _check(html, sarif, junit, save_baseline)
    ignored, here = _code(code, fix, send=send, placed=bool(sarif))
    doors = wired.doors(settings, asks_who=not no_who, headers=_headers(header or ()))
    surveyed = _surveyed(doors, wired.specs(state or (), code), quiet=json or markdown)
    own = wired.states_of_code(code, state or (), [each.source for each in surveyed.states])
    whole = _settled(surveyed.report, own, ignored, rules, no_unmanaged=no_unmanaged)
    _save(save_baseline, whole)
    report = _narrowed(whole, known, _borne(only or (), surveyed))
    plan = cache(lambda: _planned(report, surveyed, own, direction, on_call or ()))
    exit_code = exit_of(report, fail_on)
    _write(report, plan, _lines(report, here, own), html=html, sarif=sarif, junit=junit)
    if json:
        _print_json(report)
    elif markdown:
        _print_markdown(report, plan())
    else:
        _show(report, plan(), rules, exit_code, everything=all_)
    if fix and here and (done := patch(surveyed, plan(), here)):
        hand_over(fix, done, _body(report, plan(), done), code, send=send)
    raise typer.Exit(exit_code)


def _headers(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            # What was given is not repeated: it may be a token alone.
            msg = "a header of --header lacks its name, or the colon behind it"
            raise BadInput(msg, hint="try: --header 'PRIVATE-TOKEN: …'")
        found[name.strip()] = value.strip()
    return found


def _rules(path: Path) -> "IgnoreFile | None":
    """The ignore file; none where nobody named one and there is none."""
    if path == IGNORE_FILE and not path.exists():
        return None
    from sreagent.drift import ignore

    return ignore.read(path)


def _progress() -> "DriftProgress":
    from sreagent.cli.drift_screen import DriftProgress
    from sreagent.cli.screen import console

    return DriftProgress(console())


def _surveyed(doors: "Doors", specs: "Sequence[StateSpec]", *, quiet: bool) -> "Surveyed":
    """Run to the end, with one live line at a terminal."""
    from sreagent.drift.survey import survey
    from sreagent.drift.sweep import Reading

    progress = None if quiet else _progress()
    # What is read stays to the end: to look for cycles in it would take a third of the time.
    gc.disable()
    going = survey(doors, specs)
    try:
        while True:
            happening = next(going)
            if progress is None:
                continue
            if isinstance(happening, Reading):
                found = sum(map(len, happening.found.values()))
                progress.read(happening.reader.service, happening.place, found)
            else:
                progress.say(happening)
    except StopIteration as ended:
        surveyed: Surveyed = ended.value
        return surveyed
    finally:
        gc.freeze()
        gc.enable()
        if progress:
            progress.rest()


def _settled(
    report: DriftReport,
    own: frozenset[str],
    by_code: Mapping[str, Sequence[str]],
    rules: "IgnoreFile | None",
    *,
    no_unmanaged: bool,
) -> DriftReport:
    """The report without what the code and the ignore file say is no drift."""
    if no_unmanaged:
        report = replace(report, unmanaged=())
    mine = tuple(each for each in report.changed if each.source in own)
    others = tuple(each for each in report.changed if each.source not in own)
    if by_code:
        from sreagent.drift.ignore import without_ignored_changes

        mine = without_ignored_changes(replace(report, changed=mine), by_code).changed
    report = replace(report, changed=(*mine, *others))
    return rules.applied(report) if rules else report


def _save(path: Path | None, report: DriftReport) -> None:
    if path:
        from sreagent.drift import baseline

        baseline.save(path, baseline.baseline(report))


def _known(path: Path | None) -> "Knowledge | None":
    if path is None:
        return None
    from sreagent.drift import baseline

    return baseline.load(path)


def _check(*paths: Path | None) -> None:
    """Say now, and not after minutes of reading, that a file cannot be written.

    Raises:
        BadInput: Its folder is not there, or it is a folder itself.
    """
    for path in filter(None, paths):
        if not path.absolute().parent.is_dir():
            msg = f"cannot write {path}: there is no folder {path.parent}"
            raise BadInput(msg, hint=f"make it, or {ANOTHER}")
        if path.is_dir():
            msg = f"cannot write {path}: it is a folder"
            raise BadInput(msg, hint="name a file in it")


def _code(
    folder: Path, fix: Fix | None, *, send: bool, placed: bool
) -> "tuple[Mapping[str, Sequence[str]], Code | None]":
    """What the code here ignores, and the code itself where it is to be mended or shown.

    It is read before the states, which take minutes: what is wrong with it is told at once.

    Raises:
        BadInput: There is no code to mend, or nothing would be sent.
        Forbidden: It cannot be read.
    """
    from sreagent.wiring import drift as wired

    if send and fix is not Fix.PR:
        msg = "--send opens a pull request, which only --fix pr makes"
        raise BadInput(msg, hint="try: --fix pr --send")
    ignored = wired.ignored_changes(folder)
    found = wired.code_of(folder) if fix or placed else None
    if fix and found is None:
        msg = f"there is no Terraform code in {folder.absolute()}"
        raise BadInput(msg, hint="name its folder: --code FOLDER")
    return ignored, found


def _planned(
    report: DriftReport,
    surveyed: "Surveyed",
    own: frozenset[str],
    direction: Right,
    on_call: Sequence[str],
) -> "Plan":
    from sreagent.drift.mend.direction import Direction
    from sreagent.drift.mend.plan import planned

    return planned(
        report,
        surveyed.examined,
        own=own,
        direction=Direction(direction.value),
        on_call=frozenset(on_call),
    )


def _borne(only: Sequence[str], surveyed: "Surveyed") -> Sequence[str]:
    """The same names; one that nothing bears must not look like no drift.

    Raises:
        BadInput: Nothing in the states or beside them is called so.
    """
    if not only:
        return ()
    from sreagent.drift.ignore import globs
    from sreagent.report.drift_words import stranger_key

    names = [each.address for state in surveyed.states for each in state.resources]
    names += map(stranger_key, surveyed.report.unmanaged)
    for pattern in only:
        # Where something could not be read, it may be there: that is told as partial.
        if not surveyed.report.errors and not any(globs(pattern, name) for name in names):
            msg = f"there is no resource {pattern} to look at"
            raise BadInput(msg, hint=f"try: --only '{pattern}*', for all that begin so")
    return only


def _narrowed(report: DriftReport, known: "Knowledge | None", only: Sequence[str]) -> DriftReport:
    """Without what a baseline knows, and of the addresses that were named."""
    if known:
        from sreagent.drift import baseline

        report = baseline.without_known(report, known)
    if not only:
        return report
    from sreagent.drift.ignore import globs

    def named(address: str) -> bool:
        return any(globs(pattern, address) for pattern in only)

    return replace(
        report,
        changed=tuple(each for each in report.changed if named(each.address)),
        missing=tuple(each for each in report.missing if named(each.address)),
        left_over=tuple(each for each in report.left_over if named(each.address)),
        unmanaged=tuple(each for each in report.unmanaged if named(f"{each.type}:{each.id}")),
    )


def _body(report: DriftReport, plan: "Plan", done: "Mended") -> str:
    """What a pull request says."""
    from sreagent.drift.mend.request import body

    return body(report, plan.own, done)


def _show(
    report: DriftReport,
    plan: "Plan",
    rules: "IgnoreFile | None",
    code: int,
    *,
    everything: bool,
) -> None:
    from sreagent.cli.drift_screen import show
    from sreagent.cli.screen import console

    warnings = rules.warnings(report.at.date()) if rules else ()
    out = console()
    show(out, report, code=code, mends=plan.mends, controlled=everything, warnings=warnings)


def _write(
    report: DriftReport,
    plan: "Callable[[], Plan]",
    lines: "Lines",
    *,
    html: Path | None,
    sarif: Path | None,
    junit: Path | None,
) -> None:
    """The files that were asked for."""
    import json

    if html:
        from sreagent.report.drift_html import as_html

        written(html, as_html(report, mends=plan().mends).encode())
    if sarif:
        from sreagent.report.drift_sarif import as_sarif

        found = as_sarif(report, lines)
        written(sarif, json.dumps(found, indent=1).encode())
    if junit:
        from sreagent.report.drift_junit import as_junit

        written(junit, as_junit(report).encode())


def _lines(report: DriftReport, code: "Code | None", own: frozenset[str]) -> "Lines":
    """Where the code of each finding stands; nowhere, where it is not the code here."""
    if code is None:
        return {}
    from sreagent.drift.mend.code import Block, find

    found: list[Changed | Missing | LeftOver] = [
        *report.drifted,
        *report.missing,
        *report.left_over,
    ]
    places = {(each.source, each.address) for each in found if each.source in own}
    blocks = {place: find(code, place[1]) for place in places}
    return {
        place: (block.spot.path, block.spot.line)
        for place, block in blocks.items()
        if isinstance(block, Block)
    }


def _print_json(report: DriftReport) -> None:
    from sreagent.report.drift_json import as_text

    print(as_text(report))


def _print_markdown(report: DriftReport, plan: "Plan") -> None:
    from sreagent.report.drift_markdown import as_markdown

    print(as_markdown(report, mends=plan.mends))
