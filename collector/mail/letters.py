"""What a mail says: one plain text a kind, and the HTML part made of the same text.

A template's first line is `Subject: …`, then a blank line, then the text. Subject and text are filled apart, so that
no word can reach a header but through a line of the subject's own.
"""

import mimetypes
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup, escape

from collector.database import now
from collector.mail.models import Mail
from collector.settings import Settings
from forms import speech

FOLDER = Path(__file__).parent / "templates" / "mail"
# Stands in where only the words are tried on a template.
ANY_SITE = {"name": "", "organisation": "", "email": "", "url": "http://localhost"}
NOBODY = "no-reply@localhost"  # a service without any address of its own: files only, no server would take it
LANGUAGE = "language"  # among the words of a mail: what it is written in, where that is not English
NOT_TEXT = re.compile(r"[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
AFTER_AN_ADDRESS = ".,;:!?)”’\"'"


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str


def written(kind: str, words: dict[str, Any], site: dict[str, str]) -> Letter:
    """In the language of whoever asked for it, as `outbox.put` noted it."""
    subject, text = template_of(kind)
    context = {**words, "site": site}
    with speech.speaking(words.get(LANGUAGE, speech.ENGLISH)):
        return Letter(" ".join(clean(subject.render(context)).split()), clean(text.render(context)).strip() + "\n")


@cache
def template_of(kind: str) -> tuple[Template, Template]:
    """Subject and text of a kind."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(default_for_string=False),  # plain text; the HTML part is escaped in `as_html`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(speech.found, speech.found_for, newstyle=True)
    source, name, _ = environment.loader.get_source(environment, f"{kind}.txt")
    first, _, text = source.partition("\n")
    if not first.startswith("Subject: "):
        raise ValueError(f"{name} must begin with a line 'Subject: …'")
    return environment.from_string(first.removeprefix("Subject: ")), environment.from_string(text)


def clean(text: str) -> str:
    """Without what is no text: control signs, and halves of signs that no encoding can hold."""
    return NOT_TEXT.sub("", text.replace("\r\n", "\n"))


def site_of(settings: Settings) -> dict[str, str]:
    return {
        "name": settings.site_name,
        "organisation": settings.organisation,
        "email": settings.email,
        "url": settings.base_url,
    }


def message_of(mail: Mail, settings: Settings) -> EmailMessage:
    """The mail as it goes out. Its id is the same at every try, so that a second copy can be told for one."""
    site, sender = site_of(settings), sender_of(settings)
    words = mail.words or {}
    letter, code = written(mail.kind, words, site), speech.code_of(words.get(LANGUAGE, speech.ENGLISH))
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.to_address)
    if settings.email and settings.email != sender.addr_spec:
        message["Reply-To"] = Address(addr_spec=settings.email)
    message["Date"] = now()
    message["Message-ID"] = message_id(mail.id, mail.created_at, sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # so that no "out of office" answers it
    message.set_content(letter.text)
    message.add_alternative(as_html(letter, site["url"], code), subtype="html")
    message["Content-Language"] = code
    if mail.attachment is not None:
        kind = mimetypes.guess_type(mail.attachment_name)[0] or "application/octet-stream"
        maintype, _, subtype = kind.partition("/")
        message.add_attachment(mail.attachment, maintype=maintype, subtype=subtype, filename=mail.attachment_name)
    return message


def sender_of(settings: Settings) -> Address:
    name, address = parseaddr(settings.mail_from or settings.email or NOBODY)
    return Address(display_name=name or settings.site_name, addr_spec=address)


def message_id(mail_id: int, created_at: datetime, domain: str) -> str:
    return f"<{mail_id}.{created_at:%Y%m%d%H%M%S%f}@{domain}>"


def as_html(letter: Letter, own_url: str, code: str) -> str:
    """The text in paragraphs and lists. Only our own addresses become links: words that somebody wrote cannot."""
    return page_template().render(code=code, title=letter.subject, blocks=blocks_of(letter, own_url))


def blocks_of(letter: Letter, own_url: str) -> list[Markup]:
    own_address = re.compile(re.escape(own_url) + r"(?=[/?#\s]|$)[^\s<>]*")
    return [block_of(lines, own_address) for lines in re.split(r"\n\s*\n", letter.text.strip())]


def block_of(lines: str, own_address: re.Pattern[str]) -> Markup:
    marked = [linked(line.strip(), own_address) for line in lines.splitlines()]
    if all(line.startswith("- ") for line in marked):
        return Markup("<ul>{}</ul>").format(Markup().join(Markup("<li>{}</li>").format(line[2:]) for line in marked))
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(marked))


def linked(line: str, own_address: re.Pattern[str]) -> Markup:
    """The line escaped, with our own addresses as links: each joins what stands before it to what comes after."""
    parts, after = [], 0
    for found in own_address.finditer(line):
        url = found[0].rstrip(AFTER_AN_ADDRESS)
        parts += [escape(line[after : found.start()]), Markup('<a href="{0}">{0}</a>').format(url)]
        after = found.start() + len(url)
    return Markup().join([*parts, escape(line[after:])])


@cache
def page_template() -> Template:
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("_letter.html")
