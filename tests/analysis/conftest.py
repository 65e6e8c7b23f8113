import pytest

from analysis import encoder, pipeline, store


@pytest.fixture(scope="session")
def built_encoder():
    return encoder.load(store.read_card()["encoder_sha256"])


@pytest.fixture(scope="session")
def ours(built_encoder):
    """The whole pipeline with the models of the repository."""
    return pipeline.load()
