"""A report of one call, made from its events alone: one HTML page that needs nothing else."""

from monitor.report.page import build_report

__all__ = ["build_report"]
