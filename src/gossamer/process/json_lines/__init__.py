"""JSON over a stream, one object a line: how programs of one host talk to each other."""
