"""Settings that every process of a host shares. Spec: operations 3, 11."""

import msgspec


class ServeSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Where things lie and how work is shared out."""

    synnefo_data_dir: str = "/var/lib/synnefo"
    """Folder of databases, blocks, sockets and logs of this host."""
    bus_url: str = ""
    """Where messages travel, such as `local:///PATH/bus.sqlite3`; empty: in the data folder."""
    worker_threads: int = 8
    """Errands that `snf-worker` carries out at once."""
