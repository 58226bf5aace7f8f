"""Whose limit does a refusal tell of: everybody's, or that of one request alone?

Behind a shared gateway single requests are refused (HTTP 429) by one of its backends, however fast or slowly we send.
A limit of the account refuses only who sends faster than it lets through. So a refusal is taken for everybody's limit,
until what passes contradicts that:

- several requests that were sent after the refused one, before anybody knew of it, passed all the same; or
- we were refused while sending clearly more slowly than what the host had let through before.

From then on a refused request waits alone, and the others go on, until half of the latest requests are refused. Then it
was everybody's limit after all, and twice as many contradictions have to be seen before it is doubted again.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

_A_FEW = 4
"""Requests that passed right behind a refused one, from which that is no chance, beyond what flowed in ..."""
_RIGHT_BEHIND_S = 0.1
"""... if they were sent so soon after it."""
_NEARLY_ALL = 6
_MOSTLY = 3
"""Passed requests for each refused one, from which on most of them pass."""
_MUCH_SLOWER = 0.7
"""A limit of all refuses nobody who sends so much less than what it let through before; """
_FEW, _HARDLY_FASTER = 15, 1.1
"""nor so soon, who sends hardly more; """
_SOME, _SLOWER = 150, 0.9
_LEFT, _LEFT_PART = 2.0, 0.1
"""nor who sends less than at the refusal before, and has requests left by what was let through: so many, and such a
part of those that passed. (Of very many, windows with borders may look the same.)"""
_TOO_MANY = ((20, 10), (5, 5))
"""Of so many requests, as they were sent, so many refused: then it is a limit of all."""
_KEPT = 64
_PROVEN = 200
"""After so many requests that went on in spite of refusals, that was right."""
_MOST_DOUBTS = 8


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that went out."""

    number: int
    at: float


@dataclass(slots=True)
class _Behind:
    """The requests right behind a refused one, which went out before anybody knew of it."""

    first: Sent
    last: int
    flowed_in: float
    """So many may have passed by what flows into a limit: on a busy machine, they go out later than it seems."""

    def contradict(self, passed: Iterable[Sent], refused: Iterable[Sent]) -> bool:
        """Whether so many of them passed that no limit of all can have been met."""
        through, others = self._count(passed), self._count(refused)
        return through >= _A_FEW + self.flowed_in and through >= _NEARLY_ALL * others

    def _count(self, sent: Iterable[Sent]) -> int:
        until = self.first.at + _RIGHT_BEHIND_S
        return sum(self.first.number < one.number <= self.last and one.at <= until for one in sent)


@dataclass(slots=True)
class _Stretch:
    """What was sent from one refusal on to the next that was news."""

    began: float | None = None
    """When the refusal was known; None before the first one."""
    begins_with: int = 1
    """Number of the first request."""
    first_at: float | None = None
    end: Sent | None = None
    """The request that was refused next."""

    def through(self, refused: Iterable[Sent]) -> int:
        """Requests until its end that were not refused."""
        assert self.end is not None
        numbers = range(self.begins_with, self.end.number + 1)
        return len(numbers) - sum(one.number in numbers for one in refused)

    def let_through(self, refused: Iterable[Sent]) -> float:
        """What passed a second, waits included. From one refusal to the next, that is what a limit of all lets pass.

        0 for the first stretch, which may have been a burst.
        """
        if self.began is None or self.end is None:
            return 0.0
        return self.through(refused) / max(self.end.at - self.began, 0.001)


@dataclass(slots=True)
class Refusals:
    """Tells refusals that concern everybody from those of single requests."""

    one_by_one: bool = False
    """A refusal concerns one request alone."""
    _count: int = 0
    _began: float | None = None
    _stretch: _Stretch = field(default_factory=_Stretch)
    _last: _Stretch = field(default_factory=_Stretch)
    _behind: _Behind | None = None
    _let_through: float = 0.0
    """Requests a second, the most between two refusals. The first stretch does not count: it may have been a burst."""
    _rate_before: float = float("inf")
    """At which we sent at the refusal before."""
    _met: int = 0
    """Refusals that were news."""
    _seen: int = 0
    """Contradictions."""
    _needed: int = 1
    _since: int = 0
    """Requests sent before `one_by_one`."""
    _latest: deque[int] = field(default_factory=deque)
    """Numbers of refused requests, ascending."""
    _passed: deque[Sent] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _refused: deque[Sent] = field(default_factory=lambda: deque(maxlen=_KEPT))

    @property
    def is_proven(self) -> bool:
        """Whether so many requests went on in spite of refusals that these surely concerned single requests."""
        return self.one_by_one and self._count - self._since > _PROVEN

    def sent(self, now: float) -> Sent:
        """A request goes out."""
        self._count += 1
        if self._began is None:
            self._began = now
        if self._stretch.first_at is None:
            self._stretch.first_at = now
        return Sent(self._count, now)

    def passed(self, sent: Sent) -> bool:
        """It has a reply. True: from now on refusals concern single requests."""
        self._passed.append(sent)
        if self._behind is not None and sent.number > self._behind.last + _KEPT:
            self._behind = None
        return self._look_behind()

    def refused(self, now: float, sent: Sent) -> bool:
        """It was refused. True: that concerns everybody."""
        if self.one_by_one:
            return self._too_many(now, sent)
        self._refused.append(sent)
        stretch, behind = self._stretch, self._behind
        if sent.number < stretch.begins_with:  # under way when the last refusal was known: no news
            if behind is not None and sent.number < behind.first.number:
                behind.first = sent
            return not self._look_behind()
        self._met += 1
        stretch.end = sent
        slow = self._is_slow()
        per_s = sent.number / max(now - (self._began or now), 1.0)
        self._behind = _Behind(sent, self._count, per_s * (now - sent.at + _RIGHT_BEHIND_S))
        self._last, self._stretch = stretch, _Stretch(now, self._count + 1)
        return not ((slow and self._doubt()) or self._look_behind())

    def teach(self) -> bool:
        """Whether refusals say what rate the host lets through. A first one does not where hardly one behind it was
        refused as well: a limit of all that was just met would have refused those, too."""
        if self._met != 1 or self._behind is None:
            return True
        first, last = self._behind.first.number, self._behind.last
        others = sum(first < one.number <= last for one in self._refused)
        return others * (_MOSTLY + 1) > last - first

    def _look_behind(self) -> bool:
        if self.one_by_one or self._behind is None or not self._behind.contradict(self._passed, self._refused):
            return False
        self._behind = None
        return self._doubt()

    def _is_slow(self) -> bool:
        """Whether we sent more slowly than what the host let through before, and it refused all the same."""
        # Only now is it known what became of those that were under way at the end of the last stretch.
        self._let_through = max(self._let_through, self._last.let_through(self._refused))
        stretch = self._stretch
        through = stretch.through(self._refused)
        if stretch.end is None or stretch.first_at is None or not through:
            return False  # one after the other is refused
        rate = through / max(stretch.end.at - stretch.first_at, 0.001)
        before, self._rate_before = self._rate_before, rate
        if stretch.began is None:
            return False
        left = self._let_through * (stretch.end.at - stretch.began) - through
        return (
            rate <= _MUCH_SLOWER * self._let_through
            or (through < _FEW and rate <= _HARDLY_FASTER * self._let_through)
            or (through < _SOME and rate <= _SLOWER * before and left >= max(_LEFT, _LEFT_PART * through))
        )

    def _doubt(self) -> bool:
        self._seen += 1
        self.one_by_one = self._seen >= self._needed
        if self.one_by_one:
            self._since = self._count
            self._latest.clear()
        return self.one_by_one

    def _refused_of_last(self, latest: int, sent: Sent) -> int:
        return bisect_right(self._latest, sent.number) - bisect_right(self._latest, sent.number - latest)

    def _too_many(self, now: float, sent: Sent) -> bool:
        """Whether half of the latest requests were refused: by the order in which they were sent, for a refusal comes
        sooner than a reply."""
        if len(self._latest) == _KEPT:
            self._latest.popleft()
        insort(self._latest, sent.number)
        if not any(self._refused_of_last(latest, sent) >= many for latest, many in _TOO_MANY):
            return False
        proven = sent.number - self._since > _PROVEN
        self._needed = 1 if proven else min(_MOST_DOUBTS, 2 * self._needed)
        self.one_by_one, self._behind, self._seen = False, None, 0
        self._let_through, self._rate_before = 0.0, float("inf")
        self._last, self._stretch = _Stretch(), _Stretch(now, self._count + 1)
        return True
