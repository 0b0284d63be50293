"""The stand-in for any image: it listens, answers, and calls whom its manifest names."""
