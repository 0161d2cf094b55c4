"""Execute plans: run the fetches in order, merge their replies into one tree, project it to the client's shape."""

from gateway.federation.executor.projection import Projector, compile_projection
from gateway.federation.executor.run import Call, Run, Send

__all__ = ["Call", "Projector", "Run", "Send", "compile_projection"]
