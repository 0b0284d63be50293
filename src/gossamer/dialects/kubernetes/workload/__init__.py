"""Workloads and their pods' specification."""
