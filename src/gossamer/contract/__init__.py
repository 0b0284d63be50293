"""What two processes must agree on: each kind of name in one module, printed and parsed there.

Pure, and the lowest room of all: it imports the standard library and nothing of ours.
"""
