"""The gateway's answer against the answer of one schema over the same objects."""
