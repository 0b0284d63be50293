"""A bounded load client: a steady rate over few connections, and honest counts.

`await load(LoadPlan("http://…", rate=50, seconds=10))` gives a `LoadReport`.
"""

from gossamer.apps.load.plan import LoadPlan, LoadReport
from gossamer.apps.load.run import load

__all__ = ["LoadPlan", "LoadReport", "load"]
