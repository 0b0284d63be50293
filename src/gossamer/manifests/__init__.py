"""Text into manifests: bounded, typed reading of YAML and JSON with a line for every path.

`gossamer.manifests.read.read` turns a file's text into `Manifest`s and findings;
`gossamer.manifests.fields.Fields` is the cursor by which dialects read one manifest.
"""
