import pytest

from tests.examd.toy_session import Staffed, Toy


@pytest.fixture(scope="session")
def issued(tmp_path_factory) -> Toy:
    """A package that tests read and copy, and leave as it is."""
    return Toy(tmp_path_factory.mktemp("issued"))


@pytest.fixture
def staffed(tmp_path) -> Staffed:
    """A site of one's own, with people on duty."""
    return Staffed(tmp_path)
