"""What is wrong with objects in the company of others: one file a check, `table` lists them.

A dialect sees one object alone. Here the assembled mesh is at hand, so that what an object
refers to, loses to or hides can be told to its author. Every look at the mesh goes through a
`Reader`, so that a change re-checks only the objects that looked there.
"""
