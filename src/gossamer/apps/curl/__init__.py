"""A `curl` of ours, for hosts without one: the options that mesh walkthroughs use."""
