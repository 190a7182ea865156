import pytest

pytest.register_assert_rewrite("tests.faults.holdings")  # its assertions say what they saw
