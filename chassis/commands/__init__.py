"""What the commands of every service share."""
