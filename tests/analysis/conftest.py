import pytest

from analysis import encoder, meanings, pipeline, store
from analysis.spelling import Spelling


@pytest.fixture(scope="session")
def model():
    return store.load()


@pytest.fixture(scope="session")
def spelling(model):
    return Spelling(model.words)


@pytest.fixture(scope="session")
def built_encoder(model, spelling):
    return encoder.load(model.card["encoder_sha256"], meant=spelling.meant)


@pytest.fixture(scope="session")
def ours(built_encoder):
    """The whole pipeline with the models of the repository."""
    return pipeline.load()


@pytest.fixture(scope="session")
def both_meanings():
    """Both encoders, as another framework is read by."""
    return meanings.load()
