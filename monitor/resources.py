"""Where the files that are not code stand: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """The path of `models`, `dashboard` (its built pages), `playbooks` or `calls`.

    The path may not exist: pages that were never built, for example.
    """
    if name in {"playbooks", "calls"}:
        return _PACKAGE / name
    packed = _PACKAGE / "_assets" / name
    if packed.exists():
        return packed
    checkout = _PACKAGE.parent / name
    return checkout / "dist" if name == "dashboard" else checkout
