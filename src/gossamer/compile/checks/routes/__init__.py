"""Checks of routes: backends, destinations, parents, rules that never match."""
