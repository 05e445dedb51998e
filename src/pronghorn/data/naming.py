"""Names of constraints and indexes that follow from the models.

`MetaData(naming_convention=NAMING_CONVENTION)`, before the first table: what has a name can be
changed by a migration, on SQLite too, and named in an answer.
"""

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    # Columns do not tell one check from another: each is named where it is made.
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
