"""What the rules in force are called, for pages that show a rule of which no alert is at hand."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.core.events import Text
from monitor.core.playbook.model import RuleBook
from monitor.publish.answers import json_answer


class RuleTitles(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/rules`: titles by rule."""

    rules: dict[str, Text]


class RulesApi:
    """Answers what rules are called."""

    def __init__(self, rulebook: Callable[[], RuleBook]) -> None:
        """`rulebook` gives what is in force, which an edit changes."""
        self._rulebook = rulebook

    def routes(self) -> list[Route]:
        """Path by path."""
        return [Route(path, getattr(self, answer.__name__)) for path, answer in RULES_API.items()]

    async def titles(self, _request: Request) -> Response:
        """What the rules in force are called: `RuleTitles`. Whoever sees calls may ask."""
        titles = {rule.id: Text(zh=rule.title.zh, en=rule.title.en) for rule in self._rulebook()}
        return json_answer(RuleTitles(rules=titles))


RULES_API = {"/api/rules": RulesApi.titles}
"""What can be asked, and what answers it."""
