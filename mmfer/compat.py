# Copyright (c) mmfer contributors.
"""The one place that knows about versions."""


def check_packages() -> None:
    """Check that the MM packages are there in usable versions."""


def apply_fixes() -> None:
    """Apply the scoped compatibility fixes."""
