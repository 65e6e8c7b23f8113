"""Rows that are their own queue: claimed by a conditional update, held by a lease, and swept when they fall silent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Field, Session, SQLModel, col, select

from collector.database import Moment, free, now

# A claim that shows no progress for this long is taken to be dead.
LEASE = timedelta(seconds=20)
# A row whose wake-up call seems lost is called again after this long.
PATIENCE = timedelta(seconds=20)
SWEEP_AT_ONCE = 500
UNDER_WAY = ("waiting", "running")


class Leased(SQLModel):
    """The columns of such a row. It is the queue of record; the broker only says that it is worth a look."""

    state: str = "waiting"  # waiting, running, done, set-aside, and what else its table knows
    attempts: int = 0
    woken_at: datetime = Field(default_factory=now, sa_type=Moment)
    lease_until: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    reason: str = ""  # why it was set aside, came to nothing or is tried again; never the words of a text


@dataclass(frozen=True)
class Claim:
    """The right to work on a row. Worthless once somebody else has claimed it, which `attempt` tells."""

    id: int
    state: str  # that it has while it is held
    attempt: int


class Leases:
    """How the rows of one table are taken up. Nothing here commits: that is the caller's.

    Rows in one of the states `waiting` that are `only` so may be claimed. While it is held a row is in the state
    `running`; where that is empty it stays in the one that it was in. When all its attempts have failed it gets the
    values `worn_out`. `noun` is what the log calls a row, `work` what a person is told has failed.
    """

    def __init__(
        self,
        table: type[Leased],
        noun: str,
        *,
        work: str = "It",
        waiting: Sequence[str] = ("waiting",),
        running: str = "running",
        only: Sequence[ColumnElement[bool]] = (),
        worn_out: dict[str, Any] | None = None,
        lease: timedelta = LEASE,
        patience: timedelta = PATIENCE,
        most_attempts: int = 3,
    ) -> None:
        self.table, self.noun, self.work = table, noun, work
        self.waiting, self.running, self.only = waiting, running, only
        self.worn_out = worn_out or {"state": "set-aside"}
        self.lease, self.patience, self.most_attempts = lease, patience, most_attempts

    def is_waiting(self) -> tuple[ColumnElement[bool], ...]:
        return (col(self.table.state).in_(self.waiting), col(self.table.lease_until).is_(None), *self.only)

    def claim(self, session: Session, id: int, *where: ColumnElement[bool]) -> Claim | None:
        """Take one that waits, or return None: it is being worked on, has ended or is gone."""
        mine = update(self.table).where(self.table.id == id, *self.is_waiting(), *where)
        held = {"attempts": self.table.attempts + 1, "lease_until": now() + self.lease}
        if session.exec(mine.values(**self._in(self.running), **held)).rowcount != 1:
            return None
        return Claim(id, *session.exec(select(self.table.state, self.table.attempts).where(self.table.id == id)).one())

    def row(self, session: Session, claim: Claim) -> Any:
        """As it is now."""
        return session.get_one(self.table, claim.id, populate_existing=True)

    def renew(self, session: Session, claim: Claim, **progress: Any) -> bool:
        """Hold it for longer, and show how far it is; False when the claim was lost, so that the caller stops."""
        return self.change(session, claim, lease_until=now() + self.lease, **progress)

    def put_back(self, session: Session, claim: Claim) -> None:
        """Let others have their turn. That is no failed attempt, so it is not counted as one."""
        self._to_wait(session, claim, attempts=self.table.attempts - 1)

    def finish(self, session: Session, claim: Claim, **values: Any) -> bool:
        """False when the claim was lost, so that the caller keeps nothing."""
        return self.change(session, claim, **{"state": "done", "reason": "", **self._ended(), **values})

    def fail(self, session: Session, claim: Claim, *, reason: str) -> None:
        """Put it back for another try, or aside when it has had its tries."""
        if claim.attempt >= self.most_attempts:
            self.set_aside(session, claim, reason=reason)
        else:
            self._to_wait(session, claim, reason=reason)

    def set_aside(self, session: Session, claim: Claim, *, reason: str) -> bool:
        """For a person to look at: another try would come to the same."""
        return self.change(session, claim, **self.worn_out, **self._ended(), reason=reason)

    def change(self, session: Session, claim: Claim, **values: Any) -> bool:
        """False when the claim was lost."""
        held = update(self.table).where(
            self.table.id == claim.id,
            self.table.state == claim.state,
            self.table.attempts == claim.attempt,
            col(self.table.lease_until).is_not(None),
        )
        return session.exec(held.values(**values)).rowcount == 1

    def _to_wait(self, session: Session, claim: Claim, **values: Any) -> None:
        self.change(session, claim, **self._in("waiting"), lease_until=None, woken_at=now(), **values)

    def _in(self, state: str) -> dict[str, str]:
        return {"state": state} if self.running else {}

    def _ended(self) -> dict[str, Any]:
        return {"lease_until": None, "finished_at": now()}

    # -- Those that fell silent -------------------------------------------------------------------------

    def sweep(self, session: Session, *where: ColumnElement[bool]) -> list[int]:
        """Bring back what fell silent; returns the ids to wake again."""
        self.bring_back(session)
        return self.wake(session, *where, patience=self.patience)

    def bring_back(self, session: Session, **also: Any) -> None:
        """Let those wait again whose worker died, and set aside those that keep killing it."""
        held = (col(self.table.state).in_([self.running] if self.running else self.waiting), *self.only)
        silent = select(self.table.id).where(*held, col(self.table.lease_until) < now()).order_by(self.table.id)
        worn_out = free(session, silent.where(self.table.attempts >= self.most_attempts))
        reason = f"{self.work} stopped {self.most_attempts} times without an end"
        self.set_all(session, worn_out, **self.worn_out, **self._ended(), reason=reason, **also)
        back = {"lease_until": None, "woken_at": now() - 2 * self.patience}
        self.set_all(session, free(session, silent), **self._in("waiting"), **back, **also)

    def wake(self, session: Session, *where: ColumnElement[bool], patience: timedelta | None = None) -> list[int]:
        """Ids of those that wait, the longest first; they are noted as woken.

        With a patience only of those that were woken longer ago than that.
        """
        due = select(self.table.id).where(*self.is_waiting(), *where)
        if patience is not None:
            due = due.where(self.table.woken_at < now() - patience)
        ids = free(session, due.order_by(self.table.woken_at, self.table.id).limit(SWEEP_AT_ONCE))
        self.set_all(session, ids, woken_at=now())
        return ids

    def set_all(self, session: Session, ids: Iterable[int], **values: Any) -> None:
        session.exec(update(self.table).where(col(self.table.id).in_(list(ids))).values(**values))

    def try_again(self, session: Session, id: int) -> bool:
        """Give one that was set aside a fresh start, where it was."""
        aside = [getattr(self.table, name) == value for name, value in self.worn_out.items()]
        fresh = {"attempts": 0, "reason": "", "woken_at": now(), "finished_at": None}
        chosen = update(self.table).where(self.table.id == id, *aside)
        return session.exec(chosen.values(**self._in("waiting"), **fresh)).rowcount == 1
