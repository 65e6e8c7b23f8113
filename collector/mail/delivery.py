"""How mails leave: over SMTP where MAIL_URL names a server, else into files of the data folder."""

import logging
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote

from collector.settings import Settings, mail_server

log = logging.getLogger(__name__)

# Seconds to wait for each answer of the server.
TIMEOUT = 15
GO_ON = 354  # the answer to DATA, see RFC 5321, 4.5.4
# And for its word that it has taken a mail, which it may first look through: who does not wait sends it twice.
LOOKED_THROUGH_WITHIN = 60
LONGEST_REASON = 200
PORTS = {"smtp": 587, "smtps": 465}


class Refused(Exception):
    """The recipient cannot get this mail: there is no use in trying again."""


class Later(Exception):
    """Not this time: the server is away, busy or not set up rightly."""


class CutOff(Later):
    """Not this time, but the server may have taken it already: nobody can know."""


class Post(Protocol):
    forgets: bool  # whether nobody here needs the words once they are delivered

    def deliver(self, mail_id: int, message: EmailMessage) -> None:
        """Hand one mail over for good, or raise Refused or Later."""

    def close(self) -> None: ...


@contextmanager
def opened(settings: Settings) -> Iterator[Post]:
    """The way out for a few mails in a row."""
    post = Server(mail_server(settings.mail_url)) if settings.mail_url else Files(settings.outbox)
    try:
        yield post
    finally:
        post.close()


class Files:
    """The local trial form: a file a mail, that only the owner of the data folder may read."""

    forgets = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, mail_id: int, message: EmailMessage) -> None:
        path = self.folder / f"{mail_id}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = path.with_suffix(".part")
            unfinished.unlink(missing_ok=True)
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message.as_bytes())
            unfinished.replace(path)
        except OSError as problem:
            raise Later(f"The file could not be written ({type(problem).__name__})") from problem

    def close(self) -> None:
        pass


def let_go(folder: Path, kept: Callable[[list[int]], set[int]]) -> None:
    """Delete the files of mails that are not among the `kept`: a file stays as long as its row holds the words."""
    files = {int(path.stem): path for path in folder.glob("*.eml") if path.stem.isdecimal()}
    for mail_id in files.keys() - kept(list(files)):
        files[mail_id].unlink(missing_ok=True)


class Server:
    """An SMTP server, reached at the first mail and kept for the next."""

    forgets = True

    def __init__(self, url: SplitResult) -> None:
        self.url = url
        self.connection: Talk | None = None
        self.away: Later | None = None

    def deliver(self, mail_id: int, message: EmailMessage) -> None:
        try:
            self.connected().send_message(message)
        except smtplib.SMTPRecipientsRefused as problem:
            raise told(*next(iter(problem.recipients.values()))) from problem
        except smtplib.SMTPSenderRefused as problem:
            # Ours to mend, whatever the code: the recipient has nothing to do with it.
            raise Later(f"The mail server does not take mail from us: {said(problem)}") from problem
        except smtplib.SMTPDataError as problem:
            raise told(problem.smtp_code, problem.smtp_error) from problem
        except smtplib.SMTPNotSupportedError as problem:
            raise Refused("The mail server cannot deliver to an address with such letters") from problem
        except CutOff:
            self.close()
            raise
        except (smtplib.SMTPException, OSError) as problem:
            self.close()
            raise Later(broke_off(problem)) from problem

    def connected(self) -> "Talk":
        """Where the server cannot be reached it is not tried for every mail in turn: each would wait as long."""
        if self.away:
            raise self.away
        if self.connection is None or self.connection.sock is None:
            try:
                self.connection = self.connect()
            except smtplib.SMTPResponseException as problem:
                self.away = Later(f"The mail server does not let us in: {said(problem)}")
            except smtplib.SMTPNotSupportedError:
                self.away = Later("The mail server offers no encryption, or no sign-in that we know")
            except (smtplib.SMTPException, OSError) as problem:
                self.away = Later(f"The mail server cannot be reached ({type(problem).__name__})")
            if self.away:
                raise self.away
        return self.connection

    def connect(self) -> "Talk":
        where = self.url.hostname, self.url.port or PORTS[self.url.scheme]
        if self.url.scheme == "smtps":
            connection = EncryptedTalk(*where, timeout=TIMEOUT, context=ssl.create_default_context())
        else:
            connection = Talk(*where, timeout=TIMEOUT)
        try:
            if self.url.scheme == "smtp" and self.url.query != "tls=none":
                connection.starttls(context=ssl.create_default_context())
            if self.url.username:
                connection.login(unquote(self.url.username), unquote(self.url.password or ""))
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        if self.connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.connection.quit()
            self.connection = None


class Talk(smtplib.SMTP):
    """Tells whether it was cut off before or after a mail was handed over."""

    told_to_go_on = False  # with the words of a mail: what was broken off before that cannot have arrived

    def getreply(self) -> tuple[int, bytes]:
        code, answer = super().getreply()
        self.told_to_go_on = code == GO_ON
        return code, answer

    def data(self, msg: bytes | str) -> tuple[int, bytes]:
        self.sock.settimeout(LOOKED_THROUGH_WITHIN)
        try:
            return super().data(msg)
        except smtplib.SMTPResponseException:
            raise
        except OSError as problem:
            if not self.told_to_go_on:
                raise
            raise CutOff(broke_off(problem)) from problem
        finally:
            if self.sock:
                self.sock.settimeout(TIMEOUT)


class EncryptedTalk(Talk, smtplib.SMTP_SSL):
    pass


def broke_off(problem: Exception) -> str:
    return f"The mail server broke off ({type(problem).__name__})"


def told(code: int, answer: bytes | str) -> Refused | Later:
    """5xx is for good, all else for now."""
    kind = Refused if 500 <= code < 600 else Later
    return kind(f"The mail server said: {code} {plain(answer)}")


def said(problem: smtplib.SMTPResponseException) -> str:
    return f"{problem.smtp_code} {plain(problem.smtp_error)}"


def plain(answer: bytes | str) -> str:
    """One short line of what a server said, for staff."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST_REASON]
