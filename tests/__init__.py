"""Tests of Hipper; they mirror the tree they test."""
