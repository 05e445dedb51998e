"""Repositories, each on the session of its request: one that writes, or one that only reads.

A session that writes commits before the answer is sent, and rolls back if anything went wrong.
Where a request asks for both kinds, both are the one that writes.
"""

from typing import Annotated

from pronghorn import Depends

from repositories import PostRepository, UserRepository

UserRows = Annotated[UserRepository, Depends()]
UserRowsToRead = Annotated[UserRepository, Depends(UserRepository.reading)]
PostRows = Annotated[PostRepository, Depends()]
PostRowsToRead = Annotated[PostRepository, Depends(PostRepository.reading)]
