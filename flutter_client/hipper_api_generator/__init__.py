"""Writes the generated part of ``hipper_api`` from the OpenAPI description the API serves."""
