"""A pretend cluster, Prometheus and Alertmanager over their real HTTP protocols.

It plays one incident at a time: objects, events, logs, metrics and alerts are as old as the
story says, and the cluster reacts to what is done to it the way a real one does. It shares no
code with the rest of the product; they meet over HTTP only.
"""

from sreagent.simulator.catalogue import IncidentInfo, incidents
from sreagent.simulator.faults import Faults
from sreagent.simulator.kinds import VERSIONS
from sreagent.simulator.simulation import Simulation
from sreagent.simulator.staging.errors import StagingError

__all__ = ["VERSIONS", "Faults", "IncidentInfo", "Simulation", "StagingError", "incidents"]
