"""Our gateway beside Hive Gateway, Apollo Gateway and a direct call: `python -m bench.gateway`."""
