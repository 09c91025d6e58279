"""Agents' usual voices, kept between calls: a small file for each agent, in the store's folder.

What is kept is what the next call's voice is measured against: the median F0, alpha ratio and pace. No level
(that is the line's), no sound, no words, nothing about feelings.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.core.inputs import KnownVoice
from monitor.errors import StoreError
from monitor.log import log

VERSION = 2
"""What was kept by another version was measured otherwise: until 2, a tenth of the syllables was missed."""
REMEMBERED_S = 600.0
"""Speech that earlier calls count for at most: a voice changes over months, and so does a headset."""
_NUMBERS = ("f0_st", "alpha_db", "rate_syl_s", "speech_s")


def wall_clock() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


class AgentVoices:
    """Reads and writes the voices; safe to use from several threads.

    A file's name is a hash, because an agent's id may hold anything. To forget an agent, delete the file that
    names it, or all of them.
    """

    def __init__(self, folder: Path, keep_days: float, now: Callable[[], datetime] = wall_clock) -> None:
        """`folder` is made when the first voice is kept. Voices not heard for `keep_days` are forgotten; 0
        keeps them for ever."""
        self._folder = folder
        self._keep = timedelta(days=keep_days)
        self._now = now
        self._lock = threading.Lock()

    def forget_old(self) -> int:
        """Deletes the voices that were not heard for `keep_days`; returns how many."""
        if not self._keep or not self._folder.is_dir():
            return 0
        oldest = (self._now() - self._keep).timestamp()
        old = [path for path in self._folder.glob("*.json") if path.stat().st_mtime < oldest]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def load(self, agent: str) -> KnownVoice | None:
        """The agent's voice; None where none is kept, it is too old or of another version, or its file is
        damaged."""
        if not agent:
            return None
        try:
            kept = json.loads(self._path(agent).read_text(encoding="utf-8"))
            heard_at = datetime.fromisoformat(kept["heard_at"])
            is_old = bool(self._keep) and self._now() - heard_at > self._keep
            is_old = is_old or kept["version"] != VERSION
            numbers = {name: float(kept[name]) for name in _NUMBERS}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            # The next call writes it anew.
            log.warning("an agent's voice cannot be read", error=type(error).__name__)
            return None
        return KnownVoice(**numbers) if not is_old and _is_voice(numbers) else None

    def keep(self, agent: str, heard: KnownVoice) -> None:
        """Adds what a call showed, each weighed by its speech.

        Raises:
            StoreError: store.unwritable.
        """
        if not agent:
            return
        with self._lock:
            voice = _joined(self.load(agent), heard)
            path = self._path(agent)
            content = {
                "version": VERSION,
                "agent": agent,
                "heard_at": self._now().isoformat(timespec="seconds"),
            }
            content |= {name: round(getattr(voice, name), 3) for name in _NUMBERS}
            part = path.with_suffix(".part")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                part.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
                part.replace(path)
            except OSError as error:
                raise StoreError("store.unwritable", path=path, reason=error.strerror) from error

    def _path(self, agent: str) -> Path:
        return self._folder / f"{hashlib.sha256(agent.encode()).hexdigest()[:24]}.json"


def _joined(known: KnownVoice | None, heard: KnownVoice) -> KnownVoice:
    """Both, as one."""
    known_s = 0.0 if known is None else min(known.speech_s, REMEMBERED_S)
    share = heard.speech_s / (known_s + heard.speech_s)

    def mean(name: str) -> float:
        new = float(getattr(heard, name))
        return new if known is None else float(getattr(known, name)) * (1.0 - share) + new * share

    return KnownVoice(
        f0_st=mean("f0_st"),
        alpha_db=mean("alpha_db"),
        rate_syl_s=mean("rate_syl_s"),
        speech_s=known_s + heard.speech_s,
    )


def _is_voice(numbers: dict[str, float]) -> bool:
    """Whether a person can sound like this: a file that somebody edited must not spoil a call."""
    return (
        -12.0 <= numbers["f0_st"] <= 31.0
        and -50.0 <= numbers["alpha_db"] <= 20.0
        and 0.5 <= numbers["rate_syl_s"] <= 12.0
        and 0.0 < numbers["speech_s"] < 1e9
    )
