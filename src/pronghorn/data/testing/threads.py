"""Work that needs a thread without an event loop: in the present one, one may run."""

import threading
from collections.abc import Callable


def in_thread(work: Callable[[], None]) -> None:
    """Do *work* where no event loop runs."""
    failures: list[BaseException] = []

    def attempt() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  it is raised below
            failures.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    for failure in failures:
        raise failure
