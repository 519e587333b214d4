"""Errors as the person reads them: what failed on what, why, and what to type next."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from sreagent.domain.errors import Exit, SreError
from sreagent.domain.text import clean, visible

BUG = "this is a bug in sreagent"


@contextmanager
def told(*, debug: bool) -> Iterator[None]:
    """Print an error in three lines at most and exit with its code; no traceback but with --debug.

    Ctrl-C leaves at once, without waiting for reads that are still under way.
    """
    try:
        yield
    except SreError as error:
        if debug:
            _print_traceback()
        else:
            _print(error.message, error.why, error.hint)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _print("stopped")
        _leave(Exit.INTERRUPTED)
    except BrokenPipeError:
        _leave(Exit.FAILED)
    except Exception as error:  # noqa: BLE001 - the edge of the program: what is no error is a bug
        if debug:
            _print_traceback()
        else:
            _print(
                f"{type(error).__name__}: {error}",
                BUG,
                "run it again with --debug and report what it prints",
            )
        sys.exit(Exit.FAILED)


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
