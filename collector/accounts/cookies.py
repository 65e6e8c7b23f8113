"""Three cookies: one for staff who signed in, one that ties a browser to its drafts and forms, both random; and the
language that a person chose, which says nothing else."""

from dataclasses import dataclass

from litestar.datastructures import Cookie


@dataclass(frozen=True)
class Cookies:
    secure: bool

    @property
    def staff(self) -> str:
        return self.named("staff")

    @property
    def visitor(self) -> str:
        return self.named("visitor")

    @property
    def language(self) -> str:
        return self.named("language")

    def named(self, name: str) -> str:
        # __Host- keeps a neighbouring site from planting one; browsers allow it over https alone.
        return f"__Host-{name}" if self.secure else name

    def make(self, name: str, value: str, seconds: int | None = None) -> Cookie:
        return Cookie(
            key=name, value=value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )
