"""What the use cases of every service share."""
