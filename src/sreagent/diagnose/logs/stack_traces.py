"""Stack traces of Python, Java, Go, Node, .NET, Ruby and Rust: what was thrown, and where."""

import re
from dataclasses import dataclass

from sreagent.diagnose.logs.patterns import level
from sreagent.diagnose.logs.times import without_time

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
    "Stack trace:",
    "#",
    "note: run with",
)
_THROWN = re.compile(
    r"^(?:Caused by: |---> |\[cause\]: |Uncaught |Unhandled exception\. "
    r"|Exception in thread \"[^\"]{1,80}\" )?"
    r"((?:[A-Za-z_$][\w$]{0,80}\.){0,12}(?:[A-Z][\w$]{0,80})?"
    r"(?:Error|Exception|Exit|Interrupt|Throwable|Fault|NotFound|Refused))"
    r"(?: \[[\w.]{1,60}\]| \(-?\w{1,12}\))?(?:: (.{0,600}))?$"
)
_CAUSES = ("Caused by: ", "---> ", "[cause]: ")
_LAST_OF_PYTHON = re.compile(r"^([A-Za-z_][\w.]{1,120})(?:: (.{0,600}))?$")
_FRAME_LINE = re.compile(
    r"\s+(?:at |File \"|from \S|\.\.\. \d+ |\S+\.go:\d+|---> |--- End of|\[cause\]: "
    r"|\d{1,3}: )"
    r"|Caused by: |Suppressed: |Traceback \(most|During handling of|The above exception"
    r"|goroutine \d+ \[|stack backtrace:|note: run with|\}$"
)
_GO_LINE = re.compile(
    r"\t|$|[\w./*()-]{3,300}\(.{0,300}\)$|created by |goroutine |\[signal |exit status"
)
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
_QUIET = ("TRACE", "DEBUG", "INFO", "NOTICE")
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
    trace = _Trace.of(lines[start])
    end = start + 1
    last = min(len(lines), start + limit)
    while end < last and trace.goes_on(lines[end], lines[end + 1 : end + 2]):
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


@dataclass(slots=True, kw_only=True)
class _Trace:
    """What is known of a message so far, to tell whether the next line belongs to it."""

    first: str
    stamped: bool
    python: bool
    go: bool
    rust: bool
    indented: bool = False
    alone: bool = True

    @classmethod
    def of(cls, line: str) -> "_Trace":
        said = unprefixed(line)
        rust = "panicked at " in line
        go = rust or bool(_PANIC.search(line)) or said.startswith("goroutine ")
        python = "Traceback (most" in line
        return cls(first=said, stamped=_is_stamped(line), python=python, go=go, rust=rust)

    def goes_on(self, line: str, following: list[str]) -> bool:
        """Whether a line belongs to the message; `following` is the one after it, if any."""
        prefixed = _is_stamped(line)
        said = unprefixed(line) if prefixed else line
        begins = said.startswith("Traceback (") or bool(_THROWN.match(said))
        if self.alone and begins and level(self.first) in _QUIET:
            return False
        self.python = self.python or said.startswith("Traceback (")
        belongs = self._prefixed(said, following) if prefixed else self._plain(line)
        self.indented = said[:1] in (" ", "\t")
        self.alone = False
        return belongs

    def _plain(self, line: str) -> bool:
        if line[:1] in (" ", "\t", "") or line.startswith(_CONTINUES) or self._ends_python(line):
            return True
        return (self.go and not level(line)) or (self.stamped and bool(_THROWN.match(line)))

    def _prefixed(self, said: str, following: list[str]) -> bool:
        """The runtime put a stamp before each line, also of a trace."""
        if said[:1] in ("{", ""):
            return not said and (self.go or not self.alone)
        if _FRAME_LINE.match(said) or (self.python and said.startswith("  ")):
            return True
        if self._ends_python(said) or (self.go and _GO_LINE.match(said)):
            return True
        if self.rust and self.alone:
            return True
        thrown_here = bool(_THROWN.match(said)) and bool(following)
        return thrown_here and bool(_FRAME_LINE.match(unprefixed(following[0])))

    def _ends_python(self, said: str) -> bool:
        ends = self.python and self.indented and bool(_LAST_OF_PYTHON.match(said))
        self.python = self.python and not ends
        return ends


def unprefixed(line: str) -> str:
    """A line without the stamp and the stream that a runtime puts before it."""
    said = without_time(line)
    return said[1:] if said != line and said[:1] == " " else said


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
    causes = [n for n, line in enumerate(lines) if line.lstrip().startswith(_CAUSES)]
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
    own = _own_frames(part) or _own_frames(block)
    if not own:
        return ""
    path, number = own[-1] if python else own[0]
    return f"{_file(path)}:{number}"


def _own_frames(text: str) -> list[tuple[str, str]]:
    """Path and line of each frame that is the application's own."""
    told = ([group for group in found.groups() if group] for found in _FRAME.finditer(text))
    frames = [(path, number) for path, number, *_ in told]
    return [frame for frame in frames if not any(mark in frame[0] for mark in _NOT_OURS)]


def _file(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _is_stamped(line: str) -> bool:
    return line[:4].isdigit() or line[1:5].isdigit() or line[:1] == "{"
