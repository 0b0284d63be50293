"""What `gossamer check` looks at. Facts are gathered once (gather/); each check is a small pure
function from facts to a verdict; table.py is the list of them all.
"""
