"""The suite on one machine: private mongod and RabbitMQ, the four processes, the seed and the demo."""
