"""Policies that hold where a workload is called, whatever the route: chosen by its labels."""
