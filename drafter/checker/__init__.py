"""Rules on a mail: deterministic, offline, honest rather than clever.

`Checker.check` puts all rules together. A rule is a function `Mail -> findings`; a new one is written in the file of its
kind and named in `RULES`.
"""

from collections.abc import Callable, Iterator

from drafter.checker.facts import check_facts
from drafter.checker.form import check_form
from drafter.checker.mail import Mail
from drafter.checker.steered import check_steered
from drafter.checker.thread import check_thread
from drafter.checker.tracks import TrackChecker
from drafter.checker.wording import WORN, check_wording
from drafter.library import Library
from drafter.report import Finding, Report

RULES: tuple[Callable[[Mail], Iterator[Finding]], ...] = (
    check_form,
    check_wording,
    check_facts,
    check_steered,
    check_thread,
)
"""All rules but the one on tracks, in the order in which findings are listed."""


class Checker:
    """Checks mails against one library; make it once, use it for many."""

    def __init__(self, library: Library) -> None:
        self._tracks = TrackChecker(library)

    def check(self, mail: Mail) -> Report:
        """Return the verdicts on the mail's tracks and all findings."""
        verdicts = self._tracks.verdicts(mail.body, [track.id for track in mail.tracks])
        findings = tuple(finding for rule in RULES for finding in rule(mail))
        return Report(tracks=verdicts, findings=findings)


__all__ = ["RULES", "WORN", "Checker", "Mail"]
