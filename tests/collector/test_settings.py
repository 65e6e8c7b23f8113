"""Settings: read once from the environment, and refused where they would leave a door open."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kombu.utils.url import parse_url

from collector import settings
from collector.database import Database

NAMES = ("FEEDBACK_LOOP_DATA", "DATABASE_URL", "REDIS_URL", "BASE_URL", "SECRET_KEY", "SITE_NAME")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_any_setting_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    read = settings.read(tmp_path)
    assert read.database_url == f"sqlite:///{tmp_path}/feedback-loop.sqlite3"
    assert read.embedded
    assert str(read.broker_socket) in read.redis_url
    assert (read.secure, read.host) == (False, "127.0.0.1:8000")


def test_what_is_named_from_outside_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/feedback")
    monkeypatch.setenv("REDIS_URL", "redis://broker:6379/0")
    monkeypatch.setenv("BASE_URL", "https://feedback.example.org/")
    read = settings.read(tmp_path)
    assert (read.database_url, read.embedded) == ("postgresql://db/feedback", False)
    assert (read.base_url, read.host, read.secure) == ("https://feedback.example.org", "feedback.example.org", True)


def test_a_deep_folder_still_has_a_socket_that_the_system_takes(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 40)
    socket = settings.read(deep).broker_socket
    assert len(str(socket)) <= settings.LONGEST_SOCKET_PATH
    assert socket != settings.read(tmp_path / ("deep" * 41)).broker_socket


def test_the_own_secret_is_random_kept_and_for_the_owner_alone(tmp_path: Path) -> None:
    one, other = settings.read(tmp_path / "one"), settings.read(tmp_path / "other")
    assert len(one.secret()) == 32
    assert one.secret() == one.secret() != other.secret()
    assert stat.S_IMODE((tmp_path / "one" / "secret.key").stat().st_mode) == 0o600


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    read = settings.read(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: read.secret(), range(16)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_several_web_processes_must_be_given_their_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://broker:6379/0")
    with pytest.raises(ValueError, match="Set SECRET_KEY"):
        settings.read(tmp_path).secret()
    monkeypatch.setenv("SECRET_KEY", "x" * 32)
    assert settings.read(tmp_path).secret() == b"x" * 32


def test_a_short_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "changeme")
    with pytest.raises(ValueError, match="too short"):
        settings.read(tmp_path).secret()


def test_a_data_folder_may_be_called_anything(tmp_path: Path) -> None:
    folder = tmp_path / "what? #1 of 100%41"
    read = settings.read(folder)
    Database(read.database_url).engine.connect().close()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert (folder / "feedback-loop.sqlite3").exists()
    assert f"/{parse_url(read.redis_url)['virtual_host']}" == str(read.broker_socket)


@pytest.mark.parametrize(("given", "share"), [("", 0.1), ("0", 0.0), ("12.5", 0.125), ("100", 1.0)])
def test_the_share_coded_blind_is_told_in_per_cent(
    given: str, share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLIND_SHARE", given)
    assert settings.read(tmp_path).blind_share == share


@pytest.mark.parametrize("given", ["-1", "101", "a tenth", "nan"])
def test_a_share_that_is_none_is_refused(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLIND_SHARE", given)
    with pytest.raises(ValueError, match="BLIND_SHARE must be"):
        settings.read(tmp_path)
