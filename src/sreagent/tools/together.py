"""Several questions to a server at once."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from sreagent.domain.errors import SreError, TimedOut, ToolProblem

WORKERS = 4
"""Enough to hide latency, few enough not to be a burden to a server that is in trouble."""

Job = TypeVar("Job", bound=Hashable)
Answer = TypeVar("Answer")


def together(
    jobs: Mapping[Job, Callable[[], Answer]], within: float
) -> Iterator[tuple[Job, Answer | SreError | ToolProblem]]:
    """Run jobs side by side and hand out each answer, or its error, as it comes.

    What is not there `within` so many seconds is `TimedOut`.
    """
    left = set(jobs)
    pool = ThreadPoolExecutor(WORKERS)
    try:
        futures = {pool.submit(run): job for job, run in jobs.items()}
        for future in as_completed(futures, timeout=within):
            left.discard(futures[future])
            try:
                yield futures[future], future.result()
            except (SreError, ToolProblem) as error:
                yield futures[future], error
    except TimeoutError:
        for job in left:
            yield job, TimedOut("the time limit was over")
    finally:
        # Ctrl-C must not wait for the slowest answer.
        pool.shutdown(wait=False, cancel_futures=True)
