"""CronJobs: when they run, and which of their runs are kept."""
