"""The steps of an import that the worker takes."""

from sqlmodel import col

from collector.intake.models import Import
from collector.leases import Leases

STEPS = ("reading", "checking", "importing")

leases = Leases(
    Import, "import", waiting=STEPS, running="", only=[col(Import.stopped).is_(False)], worn_out={"stopped": True}
)
