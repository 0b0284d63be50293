"""Readers: a manifest in, fragments of the model and findings out. Pure, one file per stanza.

`gossamer.dialects.read.read` is the entry point. The folders are the dialects, which never know
each other; the files beside this one are what all of them share.
"""
