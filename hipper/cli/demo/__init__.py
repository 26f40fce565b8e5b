"""The demonstration of ``make run``: simulated telephones and networks call through the running gateway."""
