"""What `sre drift --fix` writes: a patch, a branch, a pull request, and what it says beside it."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sreagent.domain.errors import BadInput

if TYPE_CHECKING:
    from sreagent.drift.mend.code import Code
    from sreagent.drift.mend.imports import Imported
    from sreagent.drift.mend.patch import Mended
    from sreagent.drift.mend.plan import Plan
    from sreagent.drift.survey import Surveyed

ANOTHER = "name another file"


class Fix(StrEnum):
    """What is made of the findings."""

    PATCH = "patch"
    BRANCH = "branch"
    PR = "pr"


def patch(surveyed: "Surveyed", plan: "Plan", code: "Code") -> "Mended | None":
    """What mends the code, told with what it leaves; None where there is nothing to write."""
    from sreagent.drift.mend.plan import patched
    from sreagent.wiring import drift as wired

    done, imports = patched(plan, code, surveyed.states)
    _tell(f"{len(done.edits)} edits, {len(imports.addresses)} imports", *_left(done, imports))
    _tell_elsewhere(plan)
    if code.skipped:
        _tell("code that was not read, and may say otherwise:", *code.skipped)
    if not done.files:
        _tell("there is nothing to write")
        return None
    if not done.proof.holds:
        unread = (f"{path} cannot be read back" for path in done.proof.unread)
        left = (f"{path} would still differ" for path in done.proof.left)
        _tell("the patch is not proved, so nothing is written:", *unread, *left)
        return None
    if untidy := wired.unformatted(code, done):
        _tell(f"terraform fmt would change {', '.join(untidy)}")
    return done


def hand_over(fix: Fix, done: "Mended", body: str, folder: Path, *, send: bool) -> None:
    """Write what mends the code: a file, a branch, a request."""
    from sreagent.drift.mend import request
    from sreagent.wiring import drift as wired

    if fix is Fix.PATCH:
        path = Path(f"sre-drift-{done.digest}.patch")
        written(path, done.patch)
        _tell(f"wrote {path}; to apply it: git apply {path}")
        return
    title = request.title(done)
    branch, commit, existed = wired.committed(folder, done, title)
    _tell(f"branch {branch} {'is there already' if existed else 'made'} ({commit[:10]})")
    if fix is Fix.PR:
        opened, base = wired.offered(folder, branch, title, body, send=send)
        where = f" {opened.url}" if opened.url else ""
        how = "" if send else "; to do it: --send"
        _tell(f"{opened.did} a pull request into {base}{where}{how}")


def _tell_elsewhere(plan: "Plan") -> None:
    """What is not mended here, though its address may stand in the code here, too."""
    if not plan.elsewhere:
        return
    why = f"the code here makes {plan.home}"
    if not plan.home:
        why = "which one state the code here makes is not known; name it alone: --state"
    found = (f"{each.address} {each.path} ({each.source})" for each in plan.elsewhere)
    _tell(f"left alone, for they are of other states ({why}):", *found)


def _left(done: "Mended", imports: "Imported") -> list[str]:
    """What a person has to do."""
    lines = [f"{each.address} {each.path}: {each.why}" for each in done.suggestions]
    lines += [f"{name}: {why}" for name, why in imports.refused.items()]
    return lines + [
        f"{address}: left out, to be set by hand: {', '.join(paths)}"
        for address, paths in imports.incomplete.items()
    ]


def _tell(*lines: str) -> None:
    """Beside the report, which may be read by a program."""
    from sreagent.domain.text import clean, visible
    from sreagent.policy.redaction import redact

    for place, line in enumerate(lines):
        print(clean(redact(visible(f"{'  ' if place else ''}{line}"))), file=sys.stderr)


def written(path: Path, text: bytes) -> None:
    """Write a file that was asked for.

    Raises:
        BadInput: It cannot be written.
    """
    try:
        path.write_bytes(text)
    except OSError as error:
        msg = f"cannot write {path}"
        raise BadInput(msg, why=(error.strerror or str(error)).lower(), hint=ANOTHER) from error
