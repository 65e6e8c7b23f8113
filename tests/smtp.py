"""A mail server on this machine, that says what it is told to: it stands outside our walls."""

import socketserver
import ssl
import subprocess
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

GOOD = {
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go on",
    "end": "250 2.0.0 Kept",
    "RSET": "250 Ok",
    "NOOP": "250 Ok",
    "AUTH": "235 2.7.0 Come in",
}


class MailServer(socketserver.ThreadingTCPServer):
    """`answers` replaces what it says to a command, or tells it by the line; "" hangs up instead.

    `end` is the end of a mail's words, which are kept before its sender hears of it.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.answers: dict[str, str | Callable[[str], str]] = {}
        self.kept: list[bytes] = []
        self.recipients: list[str] = []
        self.logins: list[str] = []
        self.connections = 0
        self.encrypted: list[bool] = []
        self.certificate = certificate

    @property
    def address(self) -> str:
        return f"localhost:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"smtp://{self.address}?tls=none"

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(words, policy=policy.default) for words in self.kept]


class Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.connections += 1
        with suppress(ConnectionError):  # whoever talked to us has died
            self.say("220 mail.example.org ready")
            while line := self.rfile.readline():
                command = line.decode("latin-1").split(maxsplit=1)[0].rstrip().upper()
                if not self.obey(command, line):
                    return

    def answer(self, command: str, line: bytes) -> str:
        said = self.server.answers.get(command, GOOD.get(command, "502 What?"))
        return said(line.decode("latin-1").strip()) if callable(said) else said

    def obey(self, command: str, line: bytes) -> bool:
        """Answer one command; False at the end of the talk."""
        if command == "QUIT":
            self.say("221 Bye")
            return False
        if command in ("EHLO", "HELO"):
            self.say("\r\n".join(["250-mail.example.org", *["250-STARTTLS"] * self.offers_tls(), "250 AUTH PLAIN"]))
            return True
        if command == "STARTTLS":
            self.say("220 Go on")
            return self.encrypt()
        answer = self.answer(command, line)
        if command == "AUTH" and answer.startswith("2"):
            self.server.logins.append(b64decode(line.split()[2]).decode())
        if command == "RCPT" and answer.startswith("2"):
            self.server.recipients.append(line.decode().strip())
        if not answer:
            return False
        self.say(answer)
        return self.take_words() if command == "DATA" and answer.startswith("3") else True

    def take_words(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        answer = self.answer("end", line)
        if answer.startswith("2"):
            self.server.kept.append(b"".join(lines))
            self.server.encrypted.append(isinstance(self.connection, ssl.SSLSocket))
        if answer:
            self.say(answer)
        return bool(answer)

    def offers_tls(self) -> bool:
        return self.server.certificate is not None and not isinstance(self.connection, ssl.SSLSocket)

    def encrypt(self) -> bool:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.server.certificate)
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            return False  # the client does not trust us
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        return True

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def running(certificate: Path | None = None) -> Iterator[MailServer]:
    with MailServer(certificate) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def own_certificate(folder: Path) -> Path:
    """A certificate for localhost that nobody vouches for, with its key."""
    path = folder / "certificate.pem"
    subprocess.run(
        [*["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]]
        + ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{path}.key", "-out", str(path)],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + Path(f"{path}.key").read_text())
    return path
