"""Threads for calls side by side, which nobody waits for once the run is stopped."""

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType


class Pool(ThreadPoolExecutor):
    """Left by an exception, such as Ctrl-C, it does not sit out the calls that hang."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what was begun, unless something went wrong."""
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)
