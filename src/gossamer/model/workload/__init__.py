"""Workloads: their pods and labels, and policies that hold at them."""
