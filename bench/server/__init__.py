"""What the server's bounds cost a request."""
