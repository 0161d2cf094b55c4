"""What a process runs by: settings, roles and tasks, telemetry, operator commands."""
