"""Commands that answer why: checks of an installation, a call explained, traffic counted."""
