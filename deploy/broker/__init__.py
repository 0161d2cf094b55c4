"""What the broker is given, wherever it runs: users, permissions, exchanges, and the queue of every province."""
