"""A gateway of these tests reads the supergraph that is in memory already."""

from tests.support.fixtures import supergraphs_are_read_once

__all__ = ["supergraphs_are_read_once"]
