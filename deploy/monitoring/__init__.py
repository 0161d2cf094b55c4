"""What watches the suite: alert rules with their tests, and dashboards."""
