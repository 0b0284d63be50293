"""The logs of containers: which ones a person means, and their lines by count, time and run."""
