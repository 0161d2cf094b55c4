"""The suite on one machine: a private mongod and RabbitMQ, and the four processes; started, watched and stopped."""
