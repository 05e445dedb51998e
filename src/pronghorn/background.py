"""Work that is done after the answer has been sent."""

from collections.abc import Callable
from typing import Any, ParamSpec

from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from pronghorn.concurrency import run_in_threadpool
from pronghorn.telemetry.switch import switch

P = ParamSpec("P")
STARLETTES_CALL = BackgroundTask.__call__


class BackgroundTasks(StarletteBackgroundTasks):
    """A list of tasks, run in order after the answer.

    They run in this process and are lost with it: keep what must not be lost in a store.
    """

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call `func` after the answer: in a thread, unless it is `async`."""
        super().add_task(func, *args, **kwargs)

    async def __call__(self) -> None:
        """Run the tasks, each in a span of its own if the request is observed."""
        # Tools that watch tasks put theirs there.
        is_usual = BackgroundTask.__call__ is STARLETTES_CALL
        for task in self.tasks:
            with switch.operation("background_task", task.func):
                if is_usual and type(task) is BackgroundTask and not task.is_async:
                    await run_in_threadpool(task.func, *task.args, **task.kwargs)
                else:
                    await task()
