"""The command line. Commands are imported when they are run, so that `--help` is quick."""
