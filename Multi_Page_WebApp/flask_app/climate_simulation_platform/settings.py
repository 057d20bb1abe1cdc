"""The settings of an installation: read once from the environment by an entry point."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.engines import installed
from climate_simulation_platform.errors import SettingsRefused

MEGABYTE = 2**20
SHORTEST_SECRET = 32
"""Characters; shorter keys can be guessed."""

DATABASES = ("sqlite", "postgresql")


class Auth(StrEnum):
    """Who may add users."""

    BASIC = "basic"
    """Anyone may register."""

    LOGGED_IN = "logged_in"
    """Only somebody who is signed in."""


@dataclass(frozen=True)
class Variable:
    """One environment variable.

    Parameters
    ----------
    default : str
        What holds where it is not set; empty: nothing.
    """

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable("INSTANCE", "instance", "Folder of the database and of all files."),
    Variable(
        "DATABASE_URL",
        "",
        "`sqlite:///…` or `postgresql://user:password@host/database`; without it, "
        "`platform.db` in the instance folder.",
    ),
    Variable(
        "SECRET_KEY",
        "",
        "Signs cookies and forms, at least 32 characters; made by itself only by `serve`.",
    ),
    Variable("SECRET_KEY_FILE", "", "File with the secret key, instead of `SECRET_KEY`."),
    Variable("AUTH", "basic", "`basic`: anyone may register; `logged_in`: users add users."),
    Variable("CSP_USERNAME", "", "Name of the first user."),
    Variable("CSP_PASSWORD", "", "Password of the first user."),
    Variable("CSP_PASSWORD_FILE", "", "File with that password, instead of `CSP_PASSWORD`."),
    Variable("HOST", "127.0.0.1", "Address on which the pages are served."),
    Variable("PORT", "43829", "Port of the pages; 0 takes a free one."),
    Variable(
        "PANEL_PORT",
        "43830",
        "Port of the editors of `serve`; 0 takes a free one. Behind a proxy they are at `panel/` "
        "of the pages' own address.",
    ),
    Variable("MAX_UPLOAD_MB", "2048", "Largest upload [MiB]."),
    Variable("USER_QUOTA_MB", "0", "Room on disk per user [MiB]; 0: no limit."),
    Variable("LEAST_FREE_MB", "1024", "Room to leave free on the disk [MiB]."),
    Variable("SESSION_IDLE_HOURS", "72", "A session ends when unused for so long [hours]."),
    Variable("SESSION_LONGEST_DAYS", "30", "A session ends after so long, used or not [days]."),
    Variable(
        "SECURE_COOKIES",
        "",
        "`yes`: cookies over HTTPS only; `no`: plain HTTP too. Without it: `no` for `serve`, "
        "else `yes`.",
    ),
    Variable("TRUSTED_PROXIES", "0", "Proxies in front whose headers name the visitor's address."),
    Variable(
        "WORKERS",
        "",
        "Kinds of workers that are installed, by commas; without it: for `serve` `python` and the "
        "engines of coupling weights that are installed beside it, else all.",
    ),
    Variable("PYTHON_WORKERS", "2", "Worker processes that `serve` starts."),
    Variable("WEB_PROCESSES", "2", "Web processes that `serve` starts."),
    Variable(
        "WEB_THREADS",
        "32",
        "Threads of each web process; an upload keeps one for as long as it lasts.",
    ),
    Variable("TASK_MEMORY_MB", "8192", "Memory of a step at work [MiB]."),
    Variable("TASK_HOURS", "6", "Longest time of a step [hours]."),
    Variable("LOOK_MEMORY_MB", "2048", "Memory for looking into a file for a page [MiB]."),
    Variable("LOOK_SECONDS", "60", "Longest time for looking into a file [seconds]."),
    Variable("EDIT_MEMORY_MB", "4096", "Memory for opening a file in an editor and saving [MiB]."),
    Variable("EDIT_SECONDS", "300", "Longest time for that [seconds]."),
    Variable("MOST_EDITORS", "100", "Editors that one process keeps open at a time."),
    Variable("KEEP_DELETED_DAYS", "30", "A deleted topography can be restored so long [days]."),
    Variable("BROKER_HOST", "", "Where RabbitMQ is; not used by `serve`, needed by the services."),
    Variable("BROKER_PORT", "5672", "Its port."),
    Variable("BROKER_VHOST", "/", "Its virtual host."),
    Variable("BROKER_USER", "", "Who the services are there."),
    Variable("BROKER_PASSWORD", "", "Their password."),
    Variable("BROKER_PASSWORD_FILE", "", "File with that password, instead of `BROKER_PASSWORD`."),
    Variable("BROKER_HEARTBEAT_SECONDS", "60", "A connection silent for longer is lost [seconds]."),
    Variable(
        "WORKER_LEASE_SECONDS",
        "15",
        "A task whose worker gives no sign of life for so long is given to another [seconds].",
    ),
    Variable(
        "WORKER_GRACE_SECONDS",
        "20",
        "A step may take so long to finish once its worker is told to end [seconds].",
    ),
    Variable(
        "MONITOR_PORT",
        "9100",
        "Port of `/health` and `/metrics` of dispatcher, editors and workers.",
    ),
    Variable("LOG_FORMAT", "text", "`text`, or `json`: one object a line."),
)


class LogFormat(StrEnum):
    """How services write what they tell."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True)
class Broker:
    """Where the message queue is, and who we are there.

    Parameters
    ----------
    heartbeat_seconds : int
        A connection that is silent for longer is lost.
    """

    host: str
    port: int
    virtual_host: str
    user: str
    password: str = field(repr=False)
    heartbeat_seconds: int


@dataclass(frozen=True)
class Settings:
    """What an installation is told by its environment; `VARIABLES` says what each means.

    Parameters
    ----------
    secret_key : str or None
        None only in embedded mode, where it is made at the first start.
    embedded : bool
        One machine, processes of one command.
    user_quota_bytes : int or None
        None: no limit.
    task_memory_bytes, task_wall
        Limits of a step at work.
    look_memory_bytes, look_wall
        Limits of looking into a file for a page or of checking an upload.
    panel_port : int
        Where `serve` has the editors; `editors_at` makes their address.
    edit_memory_bytes, edit_wall
        Limits of opening a file in an editor, and of saving it.
    broker : Broker or None
        None in embedded mode, where tasks wait in the database alone.
    """

    instance: Path
    database_url: str = field(repr=False)
    secret_key: str | None = field(repr=False)
    auth: Auth
    first_username: str
    first_password: str = field(repr=False)
    embedded: bool
    host: str
    port: int
    panel_port: int
    max_upload_bytes: int
    user_quota_bytes: int | None
    least_free_bytes: int
    session_idle: timedelta
    session_longest: timedelta
    secure_cookies: bool
    trusted_proxies: int
    workers: frozenset[Worker]
    python_workers: int
    web_processes: int
    web_threads: int
    task_memory_bytes: int
    task_wall: timedelta
    look_memory_bytes: int
    look_wall: timedelta
    edit_memory_bytes: int
    edit_wall: timedelta
    most_editors: int
    keep_deleted: timedelta
    broker: Broker | None
    worker_lease: timedelta
    worker_grace: timedelta
    monitor_port: int
    log_format: LogFormat

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str], *, embedded: bool, keyless: bool = False
    ) -> "Settings":
        """Read the settings.

        Parameters
        ----------
        keyless : bool
            The process signs nothing and needs no secret key.

        Raises
        ------
        SettingsRefused
            If a value is malformed or missing; the sentence names the variable.
        """
        read = _Environment(environ)
        instance = Path(read.text("INSTANCE")).absolute()
        username, password = _first_user(read)
        quota = read.whole("USER_QUOTA_MB") * MEGABYTE
        return cls(
            instance=instance,
            database_url=_database_url(read, instance),
            secret_key=None if keyless else _secret_key(read, embedded=embedded),
            auth=Auth(read.choice("AUTH", tuple(Auth))),
            first_username=username,
            first_password=password,
            embedded=embedded,
            host=read.text("HOST"),
            port=read.whole("PORT", most=65535),
            panel_port=read.whole("PANEL_PORT", most=65535),
            max_upload_bytes=read.whole("MAX_UPLOAD_MB", least=1) * MEGABYTE,
            user_quota_bytes=quota or None,
            least_free_bytes=read.whole("LEAST_FREE_MB") * MEGABYTE,
            session_idle=timedelta(hours=read.positive("SESSION_IDLE_HOURS")),
            session_longest=timedelta(days=read.positive("SESSION_LONGEST_DAYS")),
            secure_cookies=read.yes("SECURE_COOKIES", default=not embedded),
            trusted_proxies=read.whole("TRUSTED_PROXIES", most=10),
            workers=_workers(read, embedded=embedded),
            python_workers=read.whole("PYTHON_WORKERS", least=1, most=256),
            web_processes=read.whole("WEB_PROCESSES", least=1, most=256),
            web_threads=read.whole("WEB_THREADS", least=1, most=256),
            task_memory_bytes=read.whole("TASK_MEMORY_MB", least=1) * MEGABYTE,
            task_wall=timedelta(hours=read.positive("TASK_HOURS")),
            look_memory_bytes=read.whole("LOOK_MEMORY_MB", least=1) * MEGABYTE,
            look_wall=timedelta(seconds=read.positive("LOOK_SECONDS")),
            edit_memory_bytes=read.whole("EDIT_MEMORY_MB", least=1) * MEGABYTE,
            edit_wall=timedelta(seconds=read.positive("EDIT_SECONDS")),
            most_editors=read.whole("MOST_EDITORS", least=1, most=10_000),
            keep_deleted=timedelta(days=read.positive("KEEP_DELETED_DAYS")),
            broker=None if embedded else _broker(read),
            worker_lease=timedelta(seconds=read.positive("WORKER_LEASE_SECONDS")),
            worker_grace=timedelta(seconds=read.positive("WORKER_GRACE_SECONDS")),
            monitor_port=read.whole("MONITOR_PORT", most=65535),
            log_format=LogFormat(read.choice("LOG_FORMAT", tuple(LogFormat))),
        )

    @classmethod
    def beside(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings for a tool beside the services, whichever way these run."""
        deployed = bool(environ.get("BROKER_HOST", "").strip())
        return cls.from_env(environ, embedded=not deployed, keyless=True)

    def editors_at(self, root: str) -> str:
        """Address of the editors, for a visitor of the pages.

        Parameters
        ----------
        root : str
            Where the pages are, as the visitor calls it, with a slash at its end.
        """
        if not self.embedded or self.trusted_proxies:
            return f"{root}panel/edit"
        pages = urlsplit(root)
        host = pages.hostname or ""
        host = f"[{host}]" if ":" in host else host
        return f"{pages.scheme}://{host}:{self.panel_port}/panel/edit"


class _Environment:
    """Reads variables, names them when they are malformed; their values are never repeated."""

    LARGEST = 10**9

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._defaults = {variable.name: variable.default for variable in VARIABLES}

    def text(self, name: str) -> str:
        """The value, the default where it is not set or empty."""
        value = self._environ.get(name, "").strip() or self._defaults[name]
        if "\0" in value:
            raise SettingsRefused(f"{name} contains a null character.")
        return value

    def whole(self, name: str, *, least: int = 0, most: int = LARGEST) -> int:
        """A whole number between two, both included."""
        value = self.text(name)
        refusal = SettingsRefused(f"{name} must be a whole number from {least} to {most}.")
        if not (value.isascii() and value.isdigit() and len(value) <= len(str(most))):
            raise refusal
        if not least <= int(value) <= most:
            raise refusal
        return int(value)

    def positive(self, name: str) -> float:
        """A number above 0; 100 000 at most, which no duration needs more."""
        try:
            value = float(self.text(name))
        except ValueError:
            value = 0.0
        if not 0 < value <= 100_000:
            raise SettingsRefused(f"{name} must be a number above 0 and at most 100000.")
        return value

    def yes(self, name: str, *, default: bool) -> bool:
        """Yes or no."""
        value = self.text(name) or ("yes" if default else "no")
        return self._among(name, value, ("yes", "no")) == "yes"

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of several words."""
        return self._among(name, self.text(name), choices)

    def secret(self, name: str) -> str:
        """A secret given itself or, by `<name>_FILE`, in a file; empty where there is none."""
        value, file = self.text(name), self.text(f"{name}_FILE")
        if value and file:
            raise SettingsRefused(f"Give {name} or {name}_FILE, not both.")
        return _first_line(f"{name}_FILE", Path(file)) if file else value

    @staticmethod
    def _among(name: str, value: str, choices: tuple[str, ...]) -> str:
        if value.lower() not in choices:
            raise SettingsRefused(f"{name} must be {' or '.join(choices)}.")
        return value.lower()


def _first_line(name: str, file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as trouble:
        raise SettingsRefused(f"{name} names a file that cannot be read.") from trouble
    if not lines or not lines[0].strip():
        raise SettingsRefused(f"{name} names a file whose first line is empty.")
    return lines[0].strip()


def _secret_key(read: _Environment, *, embedded: bool) -> str | None:
    key = read.secret("SECRET_KEY")
    if not key:
        if embedded:
            return None
        raise SettingsRefused("SECRET_KEY or SECRET_KEY_FILE must be set.")
    if len(key) < SHORTEST_SECRET:
        raise SettingsRefused(f"SECRET_KEY must have at least {SHORTEST_SECRET} characters.")
    return key


def _first_user(read: _Environment) -> tuple[str, str]:
    username, password = read.text("CSP_USERNAME"), read.secret("CSP_PASSWORD")
    if bool(username) != bool(password):
        raise SettingsRefused("CSP_USERNAME and CSP_PASSWORD must be set together, or neither.")
    return username, password


def _broker(read: _Environment) -> Broker | None:
    broker = Broker(
        host=read.text("BROKER_HOST"),
        port=read.whole("BROKER_PORT", least=1, most=65535),
        virtual_host=read.text("BROKER_VHOST"),
        user=read.text("BROKER_USER"),
        password=read.secret("BROKER_PASSWORD"),
        heartbeat_seconds=read.whole("BROKER_HEARTBEAT_SECONDS", least=1, most=3600),
    )
    if not broker.host:
        return None
    if not broker.user or not broker.password:
        raise SettingsRefused("BROKER_USER and BROKER_PASSWORD must be set where BROKER_HOST is.")
    return broker


def _database_url(read: _Environment, instance: Path) -> str:
    url = read.text("DATABASE_URL")
    if not url:
        return f"sqlite:///{instance / 'platform.db'}"
    try:
        scheme = urlsplit(url).scheme.split("+")[0]
    except ValueError:
        scheme = ""
    if scheme not in DATABASES or "://" not in url:
        raise SettingsRefused("DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if scheme == "sqlite" and url.removeprefix("sqlite:///") in ("", ":memory:", url):
        raise SettingsRefused("DATABASE_URL must name a file: every process opens it anew.")
    return url


def _workers(read: _Environment, *, embedded: bool) -> frozenset[Worker]:
    names = read.text("WORKERS").lower()
    if not names:
        return installed() | {Worker.PYTHON} if embedded else frozenset(Worker)
    given = {name.strip() for name in names.split(",")}
    if not given <= set(Worker):
        raise SettingsRefused(f"WORKERS must be some of {', '.join(Worker)}, with commas.")
    return frozenset(Worker(name) for name in given)
