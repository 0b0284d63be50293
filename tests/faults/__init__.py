"""Faults by schedule: a seed decides what is killed, frozen, cut and edited while load runs.

`python -m tests.faults --seed 7 --for 60s` prints the schedule, runs it on a lab of its own, and
prints the verdict; the same seed is the same schedule.
"""
