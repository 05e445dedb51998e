"""The application's tests. Each runs on SQLite and on PostgreSQL where it uses a database."""
