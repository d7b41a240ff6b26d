"""A real PostgreSQL and a real MariaDB, started for the tests where they are installed, and ended with them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pg8000", reason="the drivers are not installed: pip install 'crmetrics[databases]'")
pytest.importorskip("pymysql", reason="the drivers are not installed: pip install 'crmetrics[databases]'")

USER, PASSWORD, DATABASE = "reader", "s3cret: word/7#", "shop"
PATIENCE = 60


@dataclass(frozen=True)
class Server:
    """A server at work: `run` executes statements in its database as its owner."""

    scheme: str
    port: int
    run: Callable[..., None]

    @property
    def address(self) -> str:
        return f"{self.scheme}://{USER}@127.0.0.1:{self.port}/{DATABASE}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def owner_of_servers(*names: str) -> str | None:
    """Servers refuse to be run by root: the user that runs them then; None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in (*names, "nobody") if name in known)


def folder_for(user: str | None) -> Path:
    # not below pytest's own folders: those are closed to the user that runs the server
    folder = Path(tempfile.mkdtemp(prefix="crmetrics-server-"))
    if user is not None:
        shutil.chown(folder, user)
    return folder


def wait_for(connect: Callable[[], Any], server: subprocess.Popen[bytes], log: Path) -> Any:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return connect()
        except Exception as error:  # whatever a driver says before its server is up
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')}") from error
            time.sleep(0.1)


def ended(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def postgresql_folder() -> Path | None:
    """Where PostgreSQL's programs are; Debian keeps them away from the path."""
    places = [Path(found).parent for found in [shutil.which("postgres")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    import pg8000.native

    programs = postgresql_folder()
    if programs is None:
        pytest.skip("no PostgreSQL was found: apt install postgresql")
    user, port = owner_of_servers("postgres"), free_port()
    folder = folder_for(user)
    log = folder / "log"
    run = {"cwd": folder, "user": user, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}}
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    making = [
        programs / "initdb", "--no-sync", "-D", folder / "data", "-U", USER, "-A", "scram-sha-256", "-E", "UTF8",
        "--locale=C.UTF-8", f"--pwfile={secret}",
    ]  # fmt: skip
    subprocess.run(making, check=True, capture_output=True, timeout=PATIENCE, **run)  # type: ignore[call-overload]
    options = [f"-p{port}", "-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={folder}", "-cfsync=off"]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options], stdout=out, stderr=out, **run
        )  # type: ignore[call-overload]

    def connected(database: str) -> Any:
        return pg8000.native.Connection(USER, host="127.0.0.1", port=port, database=database, password=PASSWORD)

    try:
        wait_for(lambda: connected("postgres"), server, log).run(f"create database {DATABASE}")
        owner = connected(DATABASE)
        yield Server("postgresql", port, owner.run)
        owner.close()
    finally:
        ended(server, folder)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    import pymysql

    search = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
    programs = [shutil.which(name, path=search) for name in ("mariadbd", "mariadb-install-db")]
    if None in programs:
        pytest.skip("no MariaDB was found: apt install mariadb-server")
    user, port = owner_of_servers("mysql"), free_port()
    folder = folder_for(user)
    log = folder / "log"
    as_user = ["--no-defaults", f"--datadir={folder / 'data'}", *([f"--user={user}"] if user else [])]
    making = [programs[1], *as_user, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(making, check=True, capture_output=True, timeout=PATIENCE, cwd=folder)  # type: ignore[arg-type]
    options = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}"]
    with log.open("wb") as out:
        server = subprocess.Popen([programs[0], *as_user, *options], stdout=out, stderr=out, cwd=folder)  # type: ignore[list-item]

    def connected() -> Any:
        return pymysql.connect(unix_socket=str(folder / "s"), user="root", autocommit=True, charset="utf8mb4")

    try:
        owner = wait_for(connected, server, log)

        def execute(statement: str) -> None:
            with owner.cursor() as cursor:
                cursor.execute(statement)

        execute(f"create database {DATABASE} character set utf8mb4")
        execute(f"create user {USER}@'127.0.0.1' identified by '{PASSWORD}'")
        execute(f"create user {USER}@localhost identified by '{PASSWORD}'")
        execute(f"grant select on {DATABASE}.* to {USER}@'127.0.0.1'")
        execute(f"grant select on {DATABASE}.* to {USER}@localhost")
        execute(f"use {DATABASE}")
        yield Server("mariadb", port, execute)
        owner.close()
    finally:
        ended(server, folder)


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Each of them in turn, with its password in the environment."""
    monkeypatch.setenv("CRMETRICS_DATABASE_PASSWORD", PASSWORD)
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]
