"""What every process shares, technical only: settings, storage, messaging, identity, errors, telemetry."""
