"""Settings of `snf-manage`. Spec: identity 18.7, operations 6.1."""

import msgspec


class CommandSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of the commands."""

    log_dir: str = "/var/log/synnefo/"
    """Folder of logs; runs of commands are kept in its folder `commands`."""
    logger_exclude_commands: str = "-list$|-show$"
    """Regular expression of the commands whose runs are not kept."""
    snf_manage_user: str = "synnefo"
    """User as whom commands run when root starts them with the settings in /etc/synnefo."""
    snf_manage_group: str = "synnefo"
    """Group as which they then run."""
