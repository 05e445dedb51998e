"""Whether two transactions met, so that the one that was refused may be tried again."""

from pronghorn.data.refusals.faults import understand


def is_conflict(error: BaseException) -> bool:
    """Whether another one changed what this one has read: for `Retry(on=is_conflict)`.

    That is a serialization failure, a deadlock, or a version that is not what it was.
    Of what tasks failed by, an `ExceptionGroup`, it must be all: anything else is a fault.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_conflict(inner) for inner in error.exceptions)
    fault = understand(error)
    return fault is not None and fault.kind in ("conflict", "stale")
