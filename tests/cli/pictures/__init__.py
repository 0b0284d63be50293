"""Tests of the commands that show traffic."""
