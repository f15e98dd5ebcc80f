"""Fixtures of all tests; those that start a program start it when the first test wants it."""

pytest_plugins = ("tests.apiserver.fixtures",)
