"""Settings files: order, errors, typed slices."""

from pathlib import Path

import msgspec
import pytest

from synnefo.kit import conf


class Sample(msgspec.Struct, frozen=True, rename=str.upper):
    """A slice for these tests."""

    sample_limit: int = 20
    sample_names: list[str] = []


@pytest.fixture(autouse=True)
def _restored() -> object:
    before = conf.current()
    yield
    conf._current[:] = [before]


def written(folder: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.conf").write_text(text)
    return conf.files(folder)


def test_later_files_see_and_change_what_earlier_ones_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNNEFO_SETTINGS_DIR", str(tmp_path))
    paths = written(
        tmp_path,
        a10_first="SAMPLE_NAMES = ['a']\nSAMPLE_LIMIT = 1",
        b20_second="SAMPLE_NAMES.append('b')\nSAMPLE_LIMIT += 1",
    )
    settings = conf.load({}, paths)
    assert settings.of(Sample) == Sample(sample_limit=2, sample_names=["a", "b"])
    assert settings.origin["SAMPLE_NAMES"].endswith("b20-second.conf")


def test_a_wrong_type_names_the_setting_and_its_file(tmp_path: Path) -> None:
    (tmp_path / "99-local.conf").write_text("SAMPLE_LIMIT = 'many'")
    settings = conf.load({}, [tmp_path / "99-local.conf"])
    told = r"SAMPLE_LIMIT: expected `int`, got `str`, in 99-local\.conf"
    with pytest.raises(conf.SettingsError, match=told):
        settings.of(Sample)


def test_an_error_in_a_file_tells_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "50-bad.conf").write_text("X = 1\nY = 1 / 0\n")
    with pytest.raises(conf.SettingsError, match=r"50-bad.conf, line 2: ZeroDivisionError"):
        conf.load({}, [tmp_path / "50-bad.conf"])


def test_old_python_syntax_is_reported_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "50-old.conf").write_text("X = 1\nprint 'hello'\n")
    with pytest.raises(conf.SettingsError, match=r"50-old.conf, line 2: SyntaxError"):
        conf.load({}, [tmp_path / "50-old.conf"])


def test_unknown_names_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "50-more.conf").write_text("NOBODY_KNOWS_THIS = 1\n")
    assert conf.load({}, [tmp_path / "50-more.conf"]).of(Sample) == Sample()


def test_an_override_ends_with_its_block() -> None:
    conf.load({}, [])
    with conf.override(Sample, sample_limit=7):
        assert conf.of(Sample).sample_limit == 7
    assert conf.of(Sample).sample_limit == 20
