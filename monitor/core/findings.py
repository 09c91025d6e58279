"""What rules that only report have found, as the call's last events before its end."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core.alerts import AlertDesk
from monitor.core.events import Alert, Finding
from monitor.core.facts import AlertRaised
from monitor.core.playbook.model import RuleBook


def findings(raised: Iterable[AlertRaised], rulebook: RuleBook, now: int) -> list[Finding]:
    """Each finding in its rule's words, as the desk would word an alert."""
    told: list[Finding] = []
    for each in raised:
        # A desk of its own for each: on one desk a second finding of a rule would be the same open alert.
        for alert in AlertDesk(rulebook).receive(each, now):
            if isinstance(alert, Alert):
                told.append(
                    Finding(
                        t_s=alert.t_s,
                        rule=alert.rule,
                        title=alert.title,
                        severity=alert.severity,
                        party=alert.party,
                        about=alert.about,
                        because=alert.because,
                        evidence=alert.evidence,
                        topic=alert.topic,
                    )
                )
    return told
