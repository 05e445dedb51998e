"""Door to our middleware that keeps an exit stack in the scope."""

from pronghorn._serve.exit_stack import AsyncExitStackMiddleware as AsyncExitStackMiddleware
