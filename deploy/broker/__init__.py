"""The broker's users, permissions, exchanges and queues, and the revocation of a province's access."""
