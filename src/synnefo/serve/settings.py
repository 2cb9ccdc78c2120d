"""Settings that every process of a host shares. Spec: operations 3, 11."""

import msgspec


class ServeSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Where things lie and how work is shared out."""

    synnefo_data_dir: str = "/var/lib/synnefo"
    """Folder of databases, blocks, sockets and logs of this host."""
    bus_url: str = ""
    """Where messages travel, such as `local:///PATH/bus.sqlite3`; empty: in the data folder."""
    amqp_hosts: list[str] = []
    """Message brokers, `amqp://USER:PASSWORD@HOST:PORT` each; named, they come before BUS_URL."""
    amqp_queue_type: str = "quorum"
    """Kind of queue that is declared: `quorum`, kept by most brokers of a cluster; `classic`."""
    dispatcher_threads: int = 8
    """Messages of a busy queue that `snf-dispatcher` takes at once from a broker."""
    worker_threads: int = 8
    """Errands that `snf-worker` carries out at once."""
