"""Patches of a kustomization.yaml: whom they are for, and how each form changes an object."""
