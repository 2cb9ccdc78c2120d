"""The configuration file: what is read, what is written, which cloud is chosen."""

import stat
from pathlib import Path

import pytest

from kamaki.config import Config
from kamaki.errors import KamakiError

TEXT = """# Kamaki configuration file v0.16
[global]
default_cloud = one
colors = on

[cloud "one"]
url = https://accounts.example.org/identity/v2.0
token = T1 T2
[cloud "two"]
url = https://two.example.org/identity/v2.0
token = T3
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "kamakirc"
    path.write_text(TEXT)
    return Config(path)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.delenv("KAMAKI_DEFAULT_CLOUD", raising=False)
    return Config(tmp_path / "none")


def test_clouds_and_options_are_read(config: Config) -> None:
    assert config.get("colors") == "on"
    assert config.clouds()["one"]["token"] == "T1 T2"


def test_what_is_written_is_read_again(config: Config) -> None:
    config.set("cloud.three.token", "abc = def")
    assert Config(config.path).clouds()["three"] == {"token": "abc = def"}
    assert Config(config.path).clouds()["one"] == config.clouds()["one"]


def test_the_file_is_its_owners_alone_and_has_no_defaults(empty: Config) -> None:
    empty.set("cloud.x.token", "T")
    empty.set("colors", "off")
    assert stat.S_IMODE(empty.path.stat().st_mode) == 0o600
    text = empty.path.read_text()
    assert text.startswith("# Kamaki configuration file v")
    assert "colors" not in text


def test_a_line_that_is_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rc").write_text("[global]\nnonsense\n")
    with pytest.raises(KamakiError, match="Invalid format"):
        Config(tmp_path / "rc")


def test_an_option_or_a_whole_cloud_can_be_deleted(config: Config) -> None:
    config.delete("colors")
    config.delete("cloud.two")
    assert config.get("colors") == "off"
    assert list(Config(config.path).clouds()) == ["one"]
    with pytest.raises(KamakiError, match="nope not found"):
        config.delete("nope")


@pytest.mark.parametrize("name", ["cloud", "cloud.x", "cloud.a b.token"])
def test_badly_named_clouds_are_refused(config: Config, name: str) -> None:
    with pytest.raises(KamakiError):
        config.set(name, "v")


def test_an_override_is_not_saved(config: Config) -> None:
    config.override("cloud.one.token=other")
    config.override("colors=off")
    assert config.clouds()["one"]["token"] == "other"
    assert Config(config.path).clouds()["one"]["token"] == "T1 T2"
    with pytest.raises(KamakiError):
        config.override("novalue")


class TestChoice:
    """Asked for, else the default, else from the environment, else the only one."""

    def test_the_one_asked_for_comes_first(self, config: Config) -> None:
        assert config.choose_cloud("two")[0] == "two"

    def test_then_the_default(self, config: Config) -> None:
        assert config.choose_cloud(None)[0] == "one"

    def test_several_without_a_default_are_an_error_that_the_environment_solves(
        self, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("KAMAKI_DEFAULT_CLOUD", raising=False)
        config.delete("default_cloud")
        with pytest.raises(KamakiError, match="Found 2 clouds but none of them") as told:
            config.choose_cloud(None)
        assert {"one", "two"} <= set(told.value.details)
        monkeypatch.setenv("KAMAKI_DEFAULT_CLOUD", "two")
        assert config.choose_cloud(None)[0] == "two"

    def test_the_only_one_is_chosen(self, empty: Config) -> None:
        empty.set("cloud.x.token", "T")
        assert empty.choose_cloud(None)[0] == "x"

    def test_none_or_an_unknown_one_is_an_error(self, empty: Config) -> None:
        with pytest.raises(KamakiError, match="No cloud is configured"):
            empty.choose_cloud(None)
        with pytest.raises(KamakiError, match='No cloud "y" is configured'):
            empty.choose_cloud("y")


class TestOldKeys:
    """Options of the days of one cloud are options of the default cloud."""

    def test_they_become_options_of_a_cloud(self, empty: Config) -> None:
        empty.set("user.url", "https://a.example.org/")
        empty.set("token", "T")
        empty.set("file.url", "https://p.example.org/v1")
        empty.set("image.url", "https://i.example.org")
        assert empty.clouds()["default"] == {
            "url": "https://a.example.org/identity/v2.0",
            "token": "T",
            "pithos_url": "https://p.example.org/v1",
            "plankton_url": "https://i.example.org",
        }

    def test_they_are_listed_as_they_were_set(self, empty: Config) -> None:
        empty.set("file.url", "https://p.example.org/v1")
        listed = dict(Config(empty.path).listed())
        assert listed["file.url"] == listed["cloud.default.pithos_url"]
        assert "global.old_keys" not in listed

    def test_they_belong_to_the_default_cloud_where_there_is_one(self, config: Config) -> None:
        config.set("token", "new")
        assert config.clouds()["one"]["token"] == "new"

    def test_files_from_before_there_were_clouds_are_read(self, tmp_path: Path) -> None:
        path = tmp_path / "old"
        path.write_text(
            "[global]\ntoken = T\n[user]\nurl = https://a.example.org\n"
            "[file]\nurl = https://p.example.org/v1\ncontainer = mine\n"
        )
        name, options = Config(path).choose_cloud(None)
        assert name == "default"
        assert options == {
            "token": "T",
            "url": "https://a.example.org/identity/v2.0",
            "pithos_url": "https://p.example.org/v1",
            "pithos_container": "mine",
        }
