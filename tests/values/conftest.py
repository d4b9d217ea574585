"""What the tests of versions share."""

import pytest


@pytest.fixture(autouse=True)
def _collected():
    """Leave nothing of one test to the next."""
    yield
    import gc

    gc.collect()
