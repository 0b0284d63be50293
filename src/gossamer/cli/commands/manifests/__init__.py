"""Commands that read manifests: checked, compared, applied and deleted."""
