"""How much one browser, and one place of the network, may post in a while; and a field that only programs fill in.

Counted in the memory of each web process, as hashes, and forgotten when the while is over. What has to hold over days
and for all processes together (links, mails, tries of a password) is counted in the database, where each is made.
"""

import ipaddress
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from litestar import Request
from litestar.exceptions import TooManyRequestsException

from collector.accounts import secrets
from collector.accounts.access import RULES, Person
from collector.accounts.identity import who

# In every form that anybody may post. People do not see it; a program that fills in all it finds gives itself away.
TRAP = "_website"
MINUTE, HOUR = 60, 3600
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """So many posts in so many seconds: by one browser, and from one address of the network, where many may sit."""

    browser: int
    address: int
    seconds: int


# Faster than any hand, and far slower than a flood.
POSTS = Limit(browser=300, address=1_500, seconds=MINUTE)
# What sends a mail to an address that somebody typed.
MAILS = Limit(browser=20, address=100, seconds=HOUR)
LIMITS = dict.fromkeys(
    (rule for rule, people in RULES.items() if rule.startswith("POST ") and Person.ANYONE in people), POSTS
)
LIMITS |= dict.fromkeys(("POST /questionnaires/{slug}/share/email", "POST /receipts/{key}/mail"), MAILS)


class TooManyPosts(TooManyRequestsException):
    """More than may be for now; `seconds` until it may be tried again."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too much was sent in a short time")
        self.seconds = seconds


@dataclass
class Counts:
    """Posts since the while began, by who posted; the next while begins from nothing."""

    clock: Callable[[], float] = time.monotonic
    counted: dict[int, Counter] = field(default_factory=dict)  # by the length of the while
    began: dict[int, float] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)
    warned: bool = False

    def add(self, limit: Limit, shares: dict[str, int]) -> None:
        """Count one post by each of these, who may have so many.

        Where one has had its share TooManyPosts is raised and nothing is counted: not for its neighbours, and a flood
        that is refused takes no memory.
        """
        with self.turn:
            left = self.began.get(limit.seconds, float("-inf")) + limit.seconds - self.clock()
            if left <= 0:
                self.began[limit.seconds], self.counted[limit.seconds], left = self.clock(), Counter(), limit.seconds
            counter = self.counted[limit.seconds]
            if any(counter[who] >= most for who, most in shares.items()):
                raise TooManyPosts(int(left) + 1)
            counter.update(shares.keys())


def check(request: Request, visitor: str) -> None:
    """Before a form is read."""
    rule = f"{request.method} {request.scope.get('path_template', '')}"
    # Who is not signed in may post to staff's pages no more than to any other, though all of it is refused.
    refused = POSTS if who(request).role is Person.ANYONE else None
    limit, address = LIMITS.get(rule, refused), client_of(request)
    if limit is None:
        return
    kind = rule if limit is MAILS else ""
    counts: Counts = request.app.state.counts
    shares = {f"{kind} {secrets.hashed(visitor)}": limit.browser}
    if address and address.is_global:
        shares[f"{kind} {secrets.hashed(str(address))}"] = limit.address
    counts.add(limit, shares)
    if len(shares) == 1 and request.app.state.settings.secure and not counts.warned:
        # Behind a proxy that does not tell whom it speaks for sits everybody, so one count would shut everybody out.
        log.warning(
            "A form came from no address of the internet: does the proxy send X-Forwarded-For? See docs/operating.md"
        )
        counts.warned = True


def client_of(request: Request) -> Address | None:
    """The network address of who asks. Many addresses of version 6 are one household, known by their first half."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6 and not address.is_loopback:
        return ipaddress.ip_address(int(address) >> 64 << 64)
    return address
