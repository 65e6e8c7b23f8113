"""My submission: the name of the organisation, looked up when it is corrected."""

from typing import Any

import markup

REPORTER = "Scottish Children's Reporter Administration"


def test_a_name_is_looked_up_before_anything_is_corrected(mine: Any, browser: Any) -> None:
    url = f"{mine.url}/answers/organisation"
    typed = {"organisation-name": "SCRA", "organisation-kind": "national_body"}
    answer = browser.submit(url, {**typed, "_find": "organisation-name"})
    assert answer.status_code == 200
    assert markup.tree(answer).xpath('//input[@name="organisation-name--chosen"]/@value') == [REPORTER, ""]
    assert "Kinnaird Water Council" in markup.words(browser.get(f"{mine.url}/answers"))
    chosen = {"organisation-name--sought": "SCRA", "organisation-name--chosen": REPORTER}
    assert browser.submit(url, {**typed, **chosen, "_seen": markup.typed(answer, "_seen")}).status_code == 303
    assert REPORTER in markup.words(browser.get(f"{mine.url}/answers"))
