"""Stack traces of Python, Java, Go, Node, .NET, Ruby and Rust: what was thrown, and where."""

import re
from dataclasses import dataclass

_CONTINUES = (
    "Traceback (most recent call last)",
    "Caused by:",
    "During handling of",
    "The above exception",
    "Suppressed:",
    "at ",
    "... ",
    "goroutine ",
    "--- End of",
    "   --->",
    "stack backtrace",
    "note: run with",
)
_THROWN = re.compile(
    r"^(?:Caused by: |Uncaught |Unhandled exception\. |Exception in thread \"[^\"]{1,80}\" )?"
    r"((?:[A-Za-z_$][\w$]{0,80}\.){0,12}(?:[A-Z][\w$]{0,80})?"
    r"(?:Error|Exception|Exit|Interrupt|Throwable|Fault|NotFound|Refused))"
    r"(?: \[[\w.]{1,60}\])?(?:: (.{0,600}))?$"
)
_LAST_OF_PYTHON = re.compile(r"^([A-Za-z_][\w.]{1,120})(?:: (.{0,600}))?$")
_PANIC = re.compile(r"(?:^|\s)(panic|fatal error): (.{1,600})")
_RUST = re.compile(r"panicked at (?:'(.{1,300})', )?([\w./-]{1,200}\.rs:\d{1,6})(?::\d{1,6})?:?")
_RUBY = re.compile(r"([\w./-]{1,200}\.rb:\d{1,6}):in .{1,120}?: (.{1,300}) \(([A-Z][\w:]{1,80})\)")
_FRAME = re.compile(
    r"File \"([^\"\n]{1,300})\", line (\d{1,6})"
    r"|\bat [^\n(]{0,300}\(([\w$./:@ -]{1,300}?\.\w{1,6}):(\d{1,6})(?::\d+)?\)"
    r"|\bat (/[\w$./@ -]{1,300}?\.\w{1,6}):(\d{1,6})(?::\d+)?"
    r"|\bin ([\w./\\:-]{1,300}\.\w{1,4}):line (\d{1,6})"
    r"|^\s+([\w./@-]{1,300}\.go):(\d{1,6})",
    re.MULTILINE,
)
_NOT_OURS = (
    "site-packages",
    "dist-packages",
    "/lib/python",
    "<frozen",
    "node_modules",
    "node:",
    "/usr/local/go/",
    "/go/pkg/mod/",
    "/runtime/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrown:
    """The exception a block of log lines ends in."""

    text: str
    """`KeyError: 'PAYMENT_PROVIDERS'`."""
    place: str = ""
    """`providers.py:88`: the innermost frame that is the application's own."""


def block_at(lines: list[str], start: int, limit: int = 400) -> int:
    """Index after the last line that belongs to the message starting at `start`."""
    stamped = _is_stamped(lines[start])
    python = lines[start].startswith("Traceback (") or "Traceback (most" in lines[start]
    go = bool(_PANIC.search(lines[start])) or lines[start].startswith("goroutine ")
    go = go or "panicked at " in lines[start]
    end = start + 1
    while end < min(len(lines), start + limit):
        line = lines[end]
        python = python or line.startswith("Traceback (")
        if line[:1] in (" ", "\t", "") or line.startswith(_CONTINUES):
            end += 1
        elif python and _LAST_OF_PYTHON.match(line) and lines[end - 1][:1] in (" ", "\t"):
            python = False
            end += 1
        elif (go and not _is_stamped(line)) or (stamped and _THROWN.match(line)):
            end += 1
        else:
            break
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def thrown(block: str) -> Thrown | None:
    """What was thrown, or None when the block is no stack trace."""
    if found := _RUBY.search(block):
        return Thrown(text=f"{found[3]}: {found[2]}", place=_file(found[1]))
    if found := _RUST.search(block):
        text = found[1] or block[found.end() :].strip(":\n ").partition("\n")[0]
        return Thrown(text=f"panic: {text}", place=_file(found[2]))
    lines = block.splitlines()
    at = _last_thrown(lines)
    if at is not None:
        return Thrown(text=_spoken(lines[at]), place=_place(block, lines, at))
    if found := _PANIC.search(block):
        return Thrown(text=f"{found[1]}: {found[2]}", place=_place(block, lines, 0))
    return None


def _last_thrown(lines: list[str]) -> int | None:
    """The line that tells the deepest cause: Java's last `Caused by`, Python's last line."""
    after_frames = [
        n
        for n in range(1, len(lines))
        if lines[n - 1].startswith((" ", "\t"))
        and not lines[n].startswith((" ", "\t"))
        and _LAST_OF_PYTHON.match(lines[n])
    ]
    if after_frames and any(line.startswith("Traceback (") for line in lines):
        return after_frames[-1]
    causes = [n for n, line in enumerate(lines) if line.startswith("Caused by: ")]
    if causes:
        return causes[-1]
    return next((n for n, line in enumerate(lines) if _THROWN.match(line.strip())), None)


def _spoken(line: str) -> str:
    text = line.strip()
    found = _THROWN.match(text)
    if not found:
        return text
    name = found[1].rpartition(".")[2]
    return f"{name}: {found[2]}" if found[2] else name


def _place(block: str, lines: list[str], at: int) -> str:
    """Python's own frames come before the exception, everybody else's after it."""
    python = 'File "' in block
    part = "\n".join(lines[: at + 1] if python else lines[at:])
    frames = [
        (next(group for group in found.groups() if group), [g for g in found.groups() if g][1])
        for found in _FRAME.finditer(part)
    ]
    own = [frame for frame in frames if not any(mark in frame[0] for mark in _NOT_OURS)]
    if not own:
        return ""
    path, number = own[-1] if python else own[0]
    return f"{_file(path)}:{number}"


def _file(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _is_stamped(line: str) -> bool:
    return line[:4].isdigit() or line[1:5].isdigit() or line[:1] == "{"
