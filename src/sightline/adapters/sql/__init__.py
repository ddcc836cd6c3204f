"""The SQL database: one `MetaData`, one chain of migrations, for SQLite and PostgreSQL."""
