"""A codebook as a file: YAML that `forms.codebook` reads again, and CSV for a spreadsheet.

As a REFI-QDA codebook it is written by `refi_qda`.
"""

import csv
import io

from forms import definitions
from forms.codebook import Code, Codebook, CodeRef
from forms.formulas import guarded

COLUMNS = ("family", "id", "title", "priority area", "takes in", "leaves out", "examples", "hard cases")


def as_yaml(codebook: Codebook) -> str:
    return definitions.written(codebook.content())


def as_csv(codebook: Codebook) -> str:
    """A row for each code, in the order of the codebook. No cell is taken for a formula."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    for ref, code in codebook.codes.items():
        writer.writerow(map(guarded, _cells(codebook, ref, code)))
    return lines.getvalue()


def _cells(codebook: Codebook, ref: CodeRef, code: Code) -> tuple[str, ...]:
    area = codebook.code(CodeRef("priority_areas", code.priority_area)).title if code.priority_area else ""
    left_out = (one.what + "".join(f" → {codebook.code(to).title}" for to in one.instead) for one in code.leaves_out)
    cases = (f"{case.title}: {case.settled}" for case in codebook.hard_cases_of(ref))
    family = codebook.family(ref.family).title
    return (
        family,
        code.id,
        code.title,
        area,
        code.takes_in,
        "\n".join(left_out),
        "\n".join(code.examples),
        "\n".join(cases),
    )
