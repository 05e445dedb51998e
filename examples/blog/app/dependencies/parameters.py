"""Parameters that several routes share, within what the database can take."""

from typing import Annotated

from pronghorn import Path, Query

from schemas.fields import MAX_ID, PlainText

UserId = Annotated[int, Path(gt=0, le=MAX_ID, description="User ID")]
PostId = Annotated[int, Path(gt=0, le=MAX_ID, description="Post ID")]

Skip = Annotated[int, Query(ge=0, le=MAX_ID, description="How many to leave out first")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many to return at most")]
Search = Annotated[
    PlainText | None, Query(max_length=100, description="Part of a name or of an e-mail address")
]
