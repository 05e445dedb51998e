"""The `Link` header of a page (RFC 8288): where the first, previous, next and last page is.

Targets have a query and nothing else.  By RFC 3986, 5.2.2, such a reference keeps the path that
was asked for, so it is right behind any proxy and under any prefix.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from pronghorn._record import record
from pronghorn.requests import Request
from pronghorn.responses import Response

# Proxies refuse answers whose headers are too long (nginx by default: 4 KiB); with a longer
# query the links are left out, and the page itself says as much.
MOST_BYTES = 2048


@record
class Links:
    """The query of one request, and the answer to it."""

    request: Request
    response: Response

    def write(self, pages: Mapping[str, Mapping[str, int | str | None] | None]) -> None:
        """Add a link for each page that there is: by relation, what changes in the query.

        A parameter that becomes None is left out.
        """
        header = ", ".join(
            f'<?{self.query(changes)}>; rel="{relation}"'
            for relation, changes in pages.items()
            if changes is not None
        )
        if header and len(header) <= MOST_BYTES:
            self.response.headers.append("Link", header)

    def query(self, changes: Mapping[str, int | str | None]) -> str:
        asked = self.request.query_params.multi_items()
        kept = [(name, value) for name, value in asked if name not in changes]
        return urlencode([*kept, *(item for item in changes.items() if item[1] is not None)])
