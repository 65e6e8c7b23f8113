def test_it(browser, fill_in, dump, staff_browser, analysed):
    print(fill_in(browser))
    r = browser.send("/questionnaires/keeping-the-promise/check")
    assert r.status_code == 303
    assert browser.get(r.headers["location"]).status_code == 200
    a=analysed()
    assert staff_browser.get(f"/staff/sources/{a.source_id}").status_code == 200
    assert staff_browser.get(f"/staff/organisations/{a.organisation_id}").status_code == 200
    print({k:len(v) for k,v in dump().items()})
