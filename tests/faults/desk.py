"""Staff at their pages, without a browser: they look, and press what the pages offer."""

import re
from typing import Any

import httpx
from lxml import html


class Desk:
    def __init__(self, staff: httpx.Client) -> None:
        self.staff = staff

    def words(self, url: str) -> str:
        """What a page says, without its markup."""
        answer = self.staff.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        [main] = html.fromstring(answer.text).xpath("//main")
        return " ".join(main.text_content().split())

    def press(self, url: str, fields: dict[str, Any] | None = None, **more: Any) -> str:
        """Post a form; returns where it leads."""
        token = re.search(r'name="_csrf" value="([^"]+)"', self.staff.get("/staff/meetings/new").text)[1]
        answer = self.staff.post(url, data={"_csrf": token, **(fields or {})}, follow_redirects=False, **more)
        assert answer.status_code == 303, (url, answer.status_code, answer.text)
        return answer.headers["location"]
