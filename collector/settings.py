"""Where things are and what they are called: read once from the environment, passed on as a value."""

import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from forms.answers import is_email

# A Unix socket's path may hold 107 bytes on Linux; a data folder deep in a tree would not fit.
LONGEST_SOCKET_PATH = 100
SHORTEST_SECRET = 32
USUAL_BLIND_SHARE = "10"  # per cent
USUAL_DAYS = "7"  # from one training to the next


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    database_url: str
    redis_url: str
    base_url: str
    site_name: str
    organisation: str
    email: str
    mail_url: str = ""
    mail_from: str = ""
    blind_share: float = 0.0  # of passages that are read, where their round does not say
    learn_every: timedelta = timedelta(days=int(USUAL_DAYS))  # nothing: only when somebody asks for it

    @property
    def outbox(self) -> Path:
        """Where mails go while no server is named."""
        return self.data_dir / "outbox"

    @property
    def embedded(self) -> bool:
        """True when nothing outside was named as broker, so that `serve` starts its own."""
        return self.redis_url.startswith("redis+socket://")

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The host, with its port where it has one, that pages are served under."""
        return self.base_url.partition("://")[2].partition("/")[0]

    @property
    def broker_socket(self) -> Path:
        return broker_socket(self.data_dir)

    def secret(self) -> bytes:
        """The key that signs form tokens: SECRET_KEY, or one made at first need that the owner alone may read.

        Web processes on several machines must share it, so that with services it has to be given.
        """
        given = os.environ.get("SECRET_KEY", "")
        if given and len(given) < SHORTEST_SECRET:
            raise ValueError(f"SECRET_KEY is too short: give at least {SHORTEST_SECRET} random characters")
        if not given and not self.embedded:
            raise ValueError(
                "Set SECRET_KEY to a long random text: REDIS_URL is set, so there may be several web processes"
            )
        return given.encode() if given else self.own_secret()

    def own_secret(self) -> bytes:
        path = self.data_dir / "secret.key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            keep_first(path, secrets.token_bytes(32))
        return path.read_bytes()


def read(data_dir: str | Path | None = None) -> Settings:
    folder = Path(data_dir or os.environ.get("FEEDBACK_LOOP_DATA", "var")).absolute()
    return Settings(
        data_dir=folder,
        database_url=os.environ.get("DATABASE_URL") or f"sqlite:///{quote(str(folder / 'feedback-loop.sqlite3'))}",
        redis_url=os.environ.get("REDIS_URL") or f"redis+socket://{quote(str(broker_socket(folder)))}",
        base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        site_name=os.environ.get("SITE_NAME", "Feedback Loop"),
        organisation=os.environ.get("SITE_ORGANISATION", "The Promise Scotland"),
        email=os.environ.get("SITE_EMAIL", "feedback-loop@example.org"),
        mail_url=checked(os.environ.get("MAIL_URL", "")),
        mail_from=checked_sender(os.environ.get("MAIL_FROM", "")),
        blind_share=share_of(os.environ.get("BLIND_SHARE") or USUAL_BLIND_SHARE),
        learn_every=days(os.environ.get("LEARN_EVERY_DAYS") or USUAL_DAYS),
    )


def days(number: str) -> timedelta:
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        raise ValueError("LEARN_EVERY_DAYS must be a number of days; 0 lets readers learn only when asked to")
    return timedelta(days=int(number))


def checked(mail_url: str) -> str:
    """Looked at when it is read, so that a slip shows at the start and not when somebody waits for a mail."""
    if mail_url:
        mail_server(mail_url)
    return mail_url


def share_of(per_cent: str) -> float:
    try:
        share = float(per_cent) / 100
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise ValueError("BLIND_SHARE must be a number from 0 to 100: per cent of the passages")
    return share


def checked_sender(mail_from: str) -> str:
    if mail_from and not (mail_from.isprintable() and is_email(parseaddr(mail_from)[1])):
        raise ValueError("MAIL_FROM must be like answers@example.org or Answers <answers@example.org>")
    return mail_from


def mail_server(url: str) -> SplitResult:
    """The parts of MAIL_URL. What is wrong is told without the address: it may hold a password."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.query in ("", "tls=none")
        if known and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise ValueError("MAIL_URL must be like smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST") from None


def broker_socket(data_dir: Path) -> Path:
    path = data_dir / "broker" / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"feedback-loop-{os.getuid()}-{name}" / "valkey.sock"


def keep_first(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, unless another process was there first."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
