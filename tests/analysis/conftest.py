import pytest

from analysis import encoder, pipeline


@pytest.fixture(scope="session")
def built_encoder():
    if not encoder.is_built():
        pytest.fail(f"The sentence encoder is not in {encoder.FOLDER}. Run: make setup")
    return encoder.load()


@pytest.fixture(scope="session")
def ours(built_encoder):
    """The whole pipeline with the models of the repository."""
    return pipeline.load()
