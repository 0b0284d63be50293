"""What people name on the command line, rendered into manifests: Kustomize folders, Helm charts.

`gossamer.render.inputs.read_inputs` turns files, folders and `-k` folders into manifest files.
"""
