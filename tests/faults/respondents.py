"""Respondents who walk the pages as a browser does, and press again whatever was not taken."""

import re
import time
from contextlib import suppress
from typing import Any

import httpx
import systems
import told
from lxml import html
from systems import System

from forms import questionnaire

FORM = questionnaire.load(told.QUESTIONNAIRE)
START = f"/questionnaires/{told.QUESTIONNAIRE}"
PATIENCE = 120  # seconds until a page has to be taken; a web service that was killed is back within fifteen


class Respondent:
    """Answers for an organisation, and sends a file of that name along."""

    def __init__(self, system: System, name: str, *, kind: str = "txt", content: bytes = told.OFFERS.encode()) -> None:
        self.browser = systems.client(system.address)
        self.name, self.taken, self.met = name, 0, 0
        self.file = (f"{name}.{kind}", content)
        self.answers = told.by_organisation(name)
        self.receipt = ""

    def go_through(self) -> str:
        """Answer, add a file, send; returns the reference."""
        url = f"{START}/pages/respondent"
        while found := re.search(r"/(?:pages|lists)/([a-z-]+)", url):
            if found[1] == "documents":
                self.press(url, {"_add": "documents"}, files={"documents": self.file})
            url = self.press(url, self.fields_of(found[1]))
        assert url == f"{START}/check", url
        self.receipt = self.press(url, {})
        return re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", self.got(self.receipt).text)[0]

    def ask_for_receipt(self, email: str) -> None:
        self.press(self.receipt, {"email": email}, form="contains(@action, '/mail')")

    def fields_of(self, page_id: str) -> dict[str, Any]:
        page = FORM.page(page_id, self.answers)
        return {one.id: self.answers[one.id] for one in page.questions if one.id in self.answers}

    def press(self, url: str, fields: dict[str, Any], *, form: str = "@method='post'", **more: Any) -> str:
        """Fill in the form of this page and post it until it is taken; returns where it leads."""
        [found] = html.fromstring(self.got(url).text).xpath(f"//main//form[{form}]")
        hidden = {field.get("name"): field.get("value") for field in found.xpath(".//input[@type='hidden']")}
        answer = self.tried("POST", found.get("action"), data={**hidden, **fields}, **more)
        assert answer.status_code == 303, (url, answer.status_code, answer.text)
        self.taken += 1
        return answer.headers["location"]

    def got(self, url: str) -> httpx.Response:
        answer = self.tried("GET", url)
        assert answer.status_code == 200, (url, answer.status_code)
        return answer

    def tried(self, method: str, url: str, **sent: Any) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                answer = self.browser.request(method, url, **sent)
                if answer.status_code != 503:
                    return answer
            self.met += 1
            time.sleep(0.2)
        raise AssertionError(f"{method} {url} was not answered")
