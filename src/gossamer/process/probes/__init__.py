"""Questions whether a program is well: what is asked (probe), and asking it (ask)."""
