"""A folder with a kustomization.yaml into the objects that it stands for, as Kustomize has them.

Every field of the outcome keeps the file and line that it was written at (`node`), so that findings
and explanations point at what an author can edit. `build` is the way through; each feature of a
kustomization.yaml is a function in a file of its own. Nothing is fetched and nothing is run.
"""
