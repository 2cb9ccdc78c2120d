"""The settings that a cloud on one machine begins with."""

from pathlib import Path

from synnefo.kit.conf import Settings
from synnefo.serve.mail_settings import MailSettings
from synnefo.serve.settings import ServeSettings
from synnefo.webproject.up import configure
from synnefo.webproject.up.folder import Folder, Place


def test_mails_of_a_cloud_without_a_mail_server_lie_in_its_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "cloud")
    folder.make()
    configure.write(folder, Place("127.0.0.1", 8000, 5080, "id"))
    settings = Settings()
    settings.run(folder.conf / "10-up.conf")
    assert settings.of(MailSettings).email_transport == "file"
    assert settings.of(MailSettings).email_file_path == ""
    assert settings.of(ServeSettings).synnefo_data_dir == str(folder.root)
