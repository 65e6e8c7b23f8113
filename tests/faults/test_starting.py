"""Starts as a container engine makes them: two web services at once, each asked whether it is well."""

import pytest
from sqlmodel import func, select
from systems import OnServices

from collector.intake.models import Round

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("own_system", ["services"], indirect=True)
def test_two_web_services_that_start_at_once_on_an_empty_database_both_serve(own_system: OnServices) -> None:
    own_system.make_database()
    own_system.start_broker()
    own_system.start_service("web")
    with own_system.second_web():
        own_system.wait_until_served("web")
        assert own_system.is_healthy()
        with own_system.database.reading() as session:
            assert session.exec(select(func.count(Round.id))).one() == 1
    own_system.ask_to_stop()
    assert not own_system.is_healthy()
