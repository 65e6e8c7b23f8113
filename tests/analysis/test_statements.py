import time

import pytest

from analysis import statements


@pytest.fixture(scope="module")
def language():
    return statements.load_language()


def cut(text, language):
    return [text[found.start : found.end] for found in statements.read([text], language)[0]]


def test_sentences_are_statements(language):
    text = "We opened two houses. Waits are long, e.g. fourteen months."
    assert cut(text, language) == ["We opened two houses.", "Waits are long, e.g. fourteen months."]


def test_bullets_and_lines_are_statements_without_their_marks(language):
    text = "What we do:\n- drop-in on Mondays\n* a helpline\n1) one plan\n(b) one door\n• pay • time"
    wanted = ["What we do:", "drop-in on Mondays", "a helpline", "one plan", "one door", "pay", "time"]
    assert cut(text, language) == wanted


def test_a_bullet_with_two_marks_loses_both(language):
    assert cut("We will:\n- ▶ listen\n- ▶ act", language) == ["We will:", "listen", "act"]


def test_a_line_that_was_only_wrapped_is_not_cut(language):
    text = "The family support team has moved into the school so that parents\ncan meet them at the gate.\nIt works."
    assert len(cut(text, language)) == 2


def test_a_short_line_ends_a_statement_even_without_a_full_stop(language):
    assert cut("no money\nno staff", language) == ["no money", "no staff"]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("😀 We help. 👩\u200d👧 They ask.", "👩\u200d👧 They ask."),
        ("Cafe\u0301 is open.\r\nIt is full.", "It is full."),
        ("We wait.\r\n\r\n\u00a0 They ask.", "They ask."),
    ],
)
def test_offsets_count_code_points_of_the_text_as_given(language, text, last):
    found = statements.read([text], language)[0]
    assert text[found[-1].start : found[-1].end] == last
    assert len(found) == 2


def test_statements_do_not_overlap_and_tokens_stay_inside(language):
    text = "• One.\n\n  Two and, well, three? — yes!\n" * 5
    found = statements.read([text], language)[0]
    assert all(one.end <= two.start for one, two in zip(found, found[1:], strict=False))
    for stretch in found:
        tokens = stretch.tokens
        assert (tokens.starts[0], tokens.ends[-1]) == (stretch.start, stretch.end)
        assert all(0 <= head < len(tokens) for head in tokens.heads)
        forms = [text[start:end].lower() for start, end in zip(tokens.starts, tokens.ends, strict=True)]
        assert forms == tokens.forms


@pytest.mark.parametrize("text", ["", " \n\t\n", "---\n***\n…", "\x00", "\ud800"])
def test_where_nothing_is_said_there_is_no_statement(language, text):
    assert cut(text, language) == []


def test_nul_and_half_characters_do_not_move_offsets(language):
    text = "We\x00wait.\ud800 They ask."
    assert cut(text, language)[-1] == "They ask."


def test_texts_keep_to_themselves(language):
    texts = ["We opened a house. It is full.", "", "- pay\n- time"]
    together = statements.read(texts, language)
    apart = [statements.read([text], language)[0] for text in texts]
    assert together == apart


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["a", "\n", " ", "- ", "• ", "(", "https://a"])
def test_time_grows_no_faster_than_the_text(language, piece):
    short, long = seconds(piece * 1_000, language), seconds(piece * 4_000, language)
    assert long < 12 * short + 0.5


def seconds(text, language):
    started = time.process_time()
    statements.read([text], language)
    return time.process_time() - started


def test_a_row_of_a_table_with_a_word_in_each_cell_is_no_statement(language):
    text = "Area\tFamilies\tWorkers\nNorth\t40\t2\nToo few beds\tFife\nWe wait."
    (found,) = statements.read([text], language)
    assert [text[one.start : one.end] for one in found] == ["Too few beds\tFife", "We wait."]
