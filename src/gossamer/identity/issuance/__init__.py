"""The record of what was signed: a line each, chained by digests, so that no change goes unseen."""
