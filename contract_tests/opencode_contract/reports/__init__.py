"""What came of the contract, for people and for programs."""

from opencode_contract.reports.json_report import as_json
from opencode_contract.reports.junit import as_junit
from opencode_contract.reports.table import left_behind, print_report, print_requirements, summary

__all__ = ["as_json", "as_junit", "left_behind", "print_report", "print_requirements", "summary"]
