"""What a simulated mobile network is made of; ``simulators.mobile_network`` puts it together."""
