"""Compiled resources, who subscribes to them, and what rests on which fact."""
