"""Databases: sessions that never acknowledge what is not committed, repositories, migrations.

The only room that imports SQLAlchemy.
"""
