"""Takes today's scores as the golden ones: `python -m tests.replays.accept`; then read the difference."""

from __future__ import annotations

from tests.replays.scenario import FOLDER, SCENARIOS, run_scenario, score


def main() -> None:
    """Writes every scenario's score."""
    for name in SCENARIOS:
        (FOLDER / name).mkdir(exist_ok=True)
        (FOLDER / name / "score.txt").write_text(score(run_scenario(name).events), encoding="utf-8")


if __name__ == "__main__":
    main()
