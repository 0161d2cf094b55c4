"""Runs plans: fetches in order, their answers merged into one tree, the tree projected to the client's shape."""

from gateway.federation.executor.projection import Projector, compile_projection
from gateway.federation.executor.run import Call, Run, Send

__all__ = ["Call", "Projector", "Run", "Send", "compile_projection"]
