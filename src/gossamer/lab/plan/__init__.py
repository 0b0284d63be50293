"""What a lab should run, computed from documents alone: pods, their files, their rollout.

Quiet: values in, values out. The holder acts on them.
"""
