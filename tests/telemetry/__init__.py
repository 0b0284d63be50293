"""Tests of counting: a package, so that its names clash with no other room's."""
