"""From the mesh to Envoy's resources, one at a time. Pure: values in, bytes out."""
