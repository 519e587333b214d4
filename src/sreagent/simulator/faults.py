"""Ways the servers can misbehave, for those who want to see what a client makes of it."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong on the wire; change it at any time.

    Paths are prefixes: of the Kubernetes API as they are, of the other two servers with
    `/prometheus` or `/alertmanager` in front.
    """

    delay: float = 0.0
    """Seconds before each answer."""
    answers: dict[str, int] = field(default_factory=dict)
    """HTTP code to answer with, by path prefix."""
    cuts: dict[str, int] = field(default_factory=dict)
    """Bytes of the body after which the connection is dropped, by path prefix."""

    def code_for(self, path: str) -> int | None:
        """The code to answer with instead of the truth, or None."""
        return _longest(self.answers, path)

    def cut_for(self, path: str) -> int | None:
        """After how many bytes to drop the connection, or None."""
        return _longest(self.cuts, path)


def _longest(by_prefix: dict[str, int], path: str) -> int | None:
    fitting = [prefix for prefix in by_prefix if path.startswith(prefix)]
    return by_prefix[max(fitting, key=len)] if fitting else None
