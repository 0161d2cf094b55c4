"""The 2024 round of a local suite: invented people and places, entered through the gateway."""
