"""The exceptions by which Starlette tells of a body that is too large."""

from starlette.middleware import body_limit

# Starlette has no public names for them; without them exceptions are treated as any other.
SENT: tuple[type[Exception], ...] = tuple(
    filter(None, [getattr(body_limit, "_RequestBodyLimitResponseSent", None)])
)
SIGNALS: tuple[type[Exception], ...] = SENT + tuple(
    filter(None, [getattr(body_limit, "_RequestBodyTooLarge", None)])
)


def limit_signal(error: Exception) -> Exception | None:
    """Starlette's exception in *error*, unless there are others beside it."""
    if isinstance(error, ExceptionGroup):
        _, others = error.split(SIGNALS)
        if others is not None:
            return None
        # Where the 413 was sent already, that is the one to end with.
        error = error.subgroup(SENT) or error
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
    return error if isinstance(error, SIGNALS) else None
