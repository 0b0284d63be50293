"""The features of a kustomization.yaml that change objects: one function over all of them each."""
