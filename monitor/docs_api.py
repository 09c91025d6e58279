"""The REST API as PROTOCOL.md has it, generated from the routes; a part of `monitor.docs`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from monitor.accounts import roles, trail
from monitor.desk import records as desk_records
from monitor.docs import cell, fields, flow


def api_lines() -> Iterator[str]:
    """The part of PROTOCOL.md about questions."""
    from monitor.history import search
    from monitor.history import trends as history_trends
    from monitor.publish import (
        access,
        account_api,
        agents_api,
        desk_api,
        history_api,
        quiet_api,
        rules_api,
        server,
        side_api,
        tuning_api,
    )
    from monitor.store import quiet, records
    from monitor.tuning import catalogue as tuning_catalogue
    from monitor.tuning import office as tuning_office
    from monitor.tuning import overlay as tuning_overlay
    from monitor.tuning import trial as tuning_trial
    from monitor.tuning import versions as tuning_versions

    yield "# Questions: the REST API"
    yield ""
    yield (
        "All but those that say so are GET and answer with JSON, but for `audio` and `/metrics`. What fails "
        "answers with a status of 400 or more and `{code, message}`; ERRORS.md has the codes."
    )
    yield ""
    yield "| path | answers |"
    yield "|---|---|"
    for path, function in (server.API | agents_api.AGENTS_API | rules_api.RULES_API).items():
        yield f"| `{path}` | {cell(inspect.getdoc(function) or '')} |"
    for path, answered in history_api.HISTORY_API.items():
        yield f"| `{path}` | {cell(inspect.getdoc(answered) or '')} |"
    for (method, path), function in server.ANSWERS.items():
        yield f"| {method} `{path}` | {cell(inspect.getdoc(function) or '')} |"
    for (method, path), answer_ in (side_api.SIDE_API | quiet_api.QUIET_API).items():
        yield f"| {method} `{path}` | {cell(inspect.getdoc(answer_) or '')} |"
    yield ""
    yield (
        "Signing in, and accounts. A session is a cookie, which opening `/ws` needs as well; a stream is "
        f"closed with {access.SIGNED_OUT} when its session is over, and with {access.COME_AGAIN} when what "
        "it may show has changed: connect anew. What each role may do is the table `RIGHTS` in "
        "`monitor/accounts/roles.py`."
    )
    yield ""
    yield "| method | path | answers |"
    yield "|---|---|---|"
    for (method, path), answer in account_api.ACCOUNT_API.items():
        yield f"| {method} | `{path}` | {cell(inspect.getdoc(answer) or '')} |"
    yield ""
    yield "What supervisors do about alerts; acting needs the right to, and seeing the call:"
    yield ""
    yield "| method | path | answers |"
    yield "|---|---|---|"
    for (method, path), act in desk_api.DESK_API.items():
        yield f"| {method} | `{path}` | {cell(inspect.getdoc(act) or '')} |"
    yield ""
    yield (
        "Tuning of thresholds and rules, which needs the right `tune`. Tuned rules come into force within "
        "two seconds, for running calls between turns; tuned thresholds for calls that begin afterwards."
    )
    yield ""
    yield "| method | path | answers |"
    yield "|---|---|---|"
    for (method, path), tune in tuning_api.TUNING_API.items():
        yield f"| {method} | `{path}` | {cell(inspect.getdoc(tune) or '')} |"
    for kind in (
        account_api.SignIn,
        account_api.Whoami,
        account_api.ChosenPassword,
        account_api.NewAccount,
        account_api.ChangedAccount,
        roles.Account,
        trail.TrailEntry,
        server.Health,
        server.CallPage,
        records.CallRecord,
        server.CallDetail,
        server.EventPage,
        server.CueAnswerBody,
        history_api.HistoryPage,
        search.PastCall,
        search.RaisedRule,
        search.Hit,
        history_api.HistoryFacets,
        history_api.Trends,
        history_trends.Sums,
        desk_api.DeskAct,
        desk_api.AlertRef,
        desk_api.DeskAnswer,
        desk_api.CallDesk,
        desk_records.Act,
        desk_api.NewMute,
        desk_api.Person,
        desk_api.MarksAnswer,
        desk_records.RuleMarks,
        quiet_api.Quiet,
        quiet.QuietRule,
        side_api.Templates,
        side_api.Template,
        side_api.NewMessage,
        side_api.MarkedMessage,
        side_api.NewPause,
        agents_api.Agents,
        agents_api.KnownAgent,
        rules_api.RuleTitles,
        tuning_office.State,
        tuning_catalogue.Threshold,
        tuning_catalogue.TunableRule,
        tuning_overlay.Overlay,
        tuning_api.Drafted,
        tuning_office.Fault,
        tuning_api.Saved,
        tuning_api.Restored,
        tuning_versions.Version,
        tuning_trial.Trial,
        tuning_trial.RuleRate,
        tuning_trial.MovedAlert,
    ):
        yield ""
        yield f"## {kind.__name__}"
        yield ""
        yield flow(inspect.getdoc(kind) or "")
        yield ""
        yield from fields(kind, skip=set())
