"""Errors as the person reads them: what failed on what, why, and what to type next."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from sreagent.domain.errors import Exit, SreError
from sreagent.domain.text import clean, one_line, visible

USAGE: Any = typer.BadParameter.__base__
"""What the parser raises over a command line; only this one of its kind has a public name."""
BUG = "this is a bug in sreagent"
FOLDERS = "incidents are kept in $XDG_STATE_HOME/sreagent (~/.local/state): may you write there?"


@contextmanager
def told(*, debug: bool, usage: Exit = Exit.USAGE) -> Iterator[None]:
    """Print an error in three lines at most and exit with its code; no traceback but with --debug.

    Ctrl-C leaves at once, without waiting for reads that are still under way. `usage` is the code
    for bad usage and settings.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        _print("; ".join(("stopped", *map(str, stop.args))))
        _leave(Exit.INTERRUPTED)
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except USAGE as error:
        _print_usage(error)
        sys.exit(usage)
    except BrokenPipeError:
        _leave(Exit.FAILED)
    except Exception as error:  # noqa: BLE001 - the edge of the program: nothing passes it
        if debug:
            _print_traceback()
        else:
            _print(*_words(error))
        code = error.exit_code if isinstance(error, SreError) else Exit.FAILED
        sys.exit(usage if code is Exit.USAGE else code)


def _words(error: Exception) -> tuple[str, str, str]:
    """What failed, why, and what to type next. What is neither ours nor a disk's is a bug."""
    match error:
        case SreError(message=message, why=why, hint=hint):
            return message, why, hint
        case OSError(filename=str(name), strerror=str(words)):
            return f"cannot use {name}: {words}", "", FOLDERS
        case _:
            known = f"{type(error).__name__}: {error}"
            return known, BUG, "run it again with --debug and report what it prints"


def _print_usage(error: Any) -> None:  # noqa: ANN401 - see USAGE
    context, message = error.ctx, error.format_message()
    if context and message == context.get_help():
        # A group without a command: the help is all there is to tell.
        print(message, file=sys.stderr)
        return
    words = one_line(message, 300).replace("Value error, ", "").rstrip(".")
    usage = one_line(context.get_usage(), 200) if context else ""
    command = context.command_path if context else "sre"
    _print(_small(words), _small(usage), f"try: {command} --help")


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _print(message: str, why: str = "", hint: str = "") -> None:
    lines = [f"sre: {message}", *(f"     {line}" for line in (why, hint) if line)]
    print(_safe("\n".join(lines)), file=sys.stderr)


def _print_traceback() -> None:
    print(_safe(traceback.format_exc()), end="", file=sys.stderr)


def _safe(text: str) -> str:
    """An error quotes what it choked on: neither secrets nor escapes of it reach the screen."""
    # Loaded late: only a run that fails needs it.
    from sreagent.policy.redaction import redact

    # Cleaned first: what is hidden between two letters would hide the secret too.
    return clean(redact(visible(text)))


def _leave(code: Exit) -> None:
    sys.stderr.flush()
    os._exit(code)
