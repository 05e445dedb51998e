"""Route classes that do one thing in a way of their own, and then what ours do."""

from pronghorn.routing import APIRoute


class OwnHandler(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def own(request):
            return await handler(request)

        return own


class OwnHandle(APIRoute):
    async def handle(self, scope, receive, send):
        await super().handle(scope, receive, send)


class OwnMatches(APIRoute):
    def matches(self, scope):
        return super().matches(scope)
