"""Every table, imported once, so that migrations and tests see the whole database."""

from sqlmodel import SQLModel

from collector.accounts import models as accounts
from collector.findings import audit_models as audit
from collector.findings import learning_models as learning
from collector.findings import models as findings
from collector.findings import theme_models as themes
from collector.frameworks import models as frameworks
from collector.intake import models as intake
from collector.mail import models as mail
from collector.organisations import models as organisations
from collector.privacy import models as privacy

__all__ = [
    "accounts",
    "audit",
    "findings",
    "frameworks",
    "intake",
    "learning",
    "mail",
    "metadata",
    "organisations",
    "privacy",
    "themes",
]

metadata = SQLModel.metadata
