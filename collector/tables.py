"""Every table, imported once, so that migrations and tests see the whole database."""

from sqlmodel import SQLModel

from collector.accounts import models as accounts
from collector.findings import audit_models as audit
from collector.findings import estimate_models as estimates
from collector.findings import learning_models as learning
from collector.findings import models as findings
from collector.findings import plan_models as plans
from collector.findings import profile_models as profiles
from collector.findings import report_models as reports
from collector.findings import summary_models as summaries
from collector.findings import theme_models as themes
from collector.frameworks import models as frameworks
from collector.intake import models as intake
from collector.mail import models as mail
from collector.organisations import models as organisations
from collector.privacy import models as privacy
from collector.profiles import statistic_models as statistics

__all__ = [
    "accounts",
    "audit",
    "estimates",
    "findings",
    "frameworks",
    "intake",
    "learning",
    "mail",
    "metadata",
    "organisations",
    "plans",
    "privacy",
    "profiles",
    "statistics",
    "summaries",
    "reports",
    "themes",
]

metadata = SQLModel.metadata
