"""What was: events of a lab, and the templates that its workloads had."""
