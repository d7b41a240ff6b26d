"""Databases on a server, by their address: PostgreSQL, MySQL, MariaDB and SQL Server."""
