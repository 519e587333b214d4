"""Why a line is neither a read nor a change of the catalogue."""

from enum import StrEnum

from sreagent.domain.command import Refusal


class Rule(StrEnum):
    """What a line is refused for."""

    ARGUMENT = "grammar/argument"
    CATALOGUE = "grammar/not-in-catalogue"
    CONNECTION = "grammar/connection"
    """It would ask another server, or as somebody else."""
    DRY_RUN = "grammar/dry-run"
    FILE = "grammar/file"
    FLAG = "grammar/flag"
    KIND = "grammar/kind"
    NAME = "grammar/name"
    NOT_ASCII = "grammar/not-ascii"
    NOT_ONE_CALL = "grammar/not-one-call"
    ONE_OBJECT = "grammar/one-object"
    OUTPUT = "grammar/output"
    PATCH = "grammar/patch"
    PATH = "grammar/path"
    PROGRAM = "grammar/program"
    RESOURCE = "grammar/resource"
    SECRET = "grammar/secret"  # noqa: S105 - a word, no secret
    SELECTOR = "grammar/selector"
    TOO_LONG = "grammar/too-long"
    VERB = "grammar/verb"


class Objection(Exception):  # noqa: N818 - it is no error of the program
    """Ends the parsing of one line; `parse` answers with the refusal."""

    def __init__(self, rule: Rule, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(rule=str(rule), reason=reason)
