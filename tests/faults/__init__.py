"""Faults at any moment: killed processes, full disks, locks and limits; `python -m tests.faults` runs them for long."""
