"""Settings of Cyclades."""

import msgspec


class CycladesSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of compute, volumes and the clusters under them. Spec: compute 17."""

    cyclades_base_url: str = "http://127.0.0.1:8000/cyclades"
    """Public address under which Cyclades is reached."""

    cyclades_console_url: str = ""
    """Page that opens a console; empty means `/ui/console` on the host of the base address."""

    astakos_auth_url: str = "http://127.0.0.1:8000/astakos/identity/v3"
    """Where tokens are checked and quota is charged."""

    cyclades_service_token: str = ""
    """Token with which Cyclades itself signs in at the identity service."""

    cyclades_token_cache: float = 5.0
    """Seconds for which a checked token is believed without asking again."""

    poll_limit: int = 3600
    """Oldest `changes-since` that is answered, in seconds."""

    cyclades_vm_max_metadata: int = 10
    """How many metadata items a server may carry."""

    cyclades_vm_max_tags: int = 50
    """How many tags a server may carry."""

    max_personality: int = 5
    """How many files may be written into a new server."""

    max_personality_size: int = 10240
    """Largest such file in bytes."""

    cyclades_volume_max_size: int = 200
    """Largest volume in GiB."""

    cyclades_servers_fqdn: str = "snf-%(id)s.vm.example.synnefo.org"
    """Name of a server in DNS; `%(id)s` is its id."""

    cyclades_console_socket: str = ""
    """Control socket of the console gateway; empty means `run/vnc-gateway.sock` in the data
    folder."""

    cyclades_console_lifetime: int = 300
    """How long the address of a console may be opened, in seconds."""

    userdata_max_ssh_keys_per_user: int = 10
    """How many key pairs a user may keep."""

    userdata_ssh_key_length: int = 2048
    """Bits of the RSA keys made here."""

    userdata_ssh_key_max_content_length: int = 30000
    """Longest public key taken, in characters."""

    secret_encryption_key: str = "Password Encryption Key"  # noqa: S105 - replaced at set-up
    """Encrypts the passwords of clusters in the database."""

    backend_prefix_id: str = "snf-"
    """Prefix of every name given to a cluster; the dash is mandatory."""

    backend_per_user: dict[str, int | str] = {}
    """Users whose servers always go to one cluster, by its id or name."""

    backend_refresh_min: int = 15
    """Age in minutes after which a cluster's free resources are read anew."""

    backend_lost_after: int = 60
    """Seconds of silence after which the servers of a cluster are shown as UNKNOWN."""

    archipelago_backends: list[int] = []
    """Clusters reserved for `ext` flavors; empty means no such split."""

    ganeti_createinstance_kwargs: dict[str, object] = msgspec.field(
        default_factory=lambda: {
            "os": "snf-image+default",
            "hvparams": {
                "kvm": {"serial_console": False},
                "xen-pvm": {},
                "xen-hvm": {},
                "fake": {},
            },
        }
    )
    """Extra parameters of every new instance."""

    ganeti_use_hotplug: bool = True
    """Plug network cards and disks while a server runs."""

    ganeti_use_opportunistic_locking: bool = True
    """Let Ganeti place instances on whatever nodes it can lock at once."""

    ganeti_disks_wait_for_sync: bool = False
    """Wait until mirrored disks are in sync."""

    ganeti_max_nics_per_instance: int = 8
    """Most network cards of one server."""

    ganeti_max_disks_per_instance: int = 8
    """Most disks of one server."""

    ganeti_disk_provider_kwargs: dict[str, dict[str, str]] = {}
    """Extra parameters of disks, by storage provider."""

    ganeti_clone_providers: tuple[str, ...] = ("vlmc", "archipelago")
    """Storage providers that clone an image instead of copying it."""

    rapi_timeout: float = 20.0
    """Seconds to wait for an answer of a cluster."""

    submit_patience: int = 600
    """Seconds for which a cluster that does not answer is tried again, before giving up."""
