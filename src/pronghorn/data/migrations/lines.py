"""A line of a migration, as Python, where Alembic has no operation for it."""

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrateOperation


class PythonLine(MigrateOperation):
    """A line of a migration."""

    def __init__(self, text: str) -> None:
        self.text = text

    def to_diff_tuple(self) -> tuple[str, str]:
        return "python", self.text


@renderers.dispatch_for(PythonLine)
def render_line(_writing: AutogenContext, operation: PythonLine) -> str:
    return operation.text
