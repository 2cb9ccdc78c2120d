"""Settings of Pithos."""

import msgspec

from synnefo.kit.units import GIB, MIB

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class PithosSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of Pithos. Spec: object-storage 20."""

    pithos_base_url: str = "http://127.0.0.1:8000/pithos"
    """Public address under which Pithos is reached."""

    astakos_auth_url: str = "http://127.0.0.1:8000/astakos/identity/v2.0"
    """Address of the identity service."""

    pithos_service_token: str = ""
    """Token with which Pithos shows itself to the identity service."""

    pithos_backend_block_path: str = "/var/lib/synnefo/blocks"
    """Folder of the block store, shared with Archipelago."""

    pithos_backend_block_module: str = "filed"
    """Kind of the block store: filed, a folder that several hosts may share, or rados, a pool of
    a Ceph cluster. The historic names of modules are understood too."""

    pithos_backend_block_kwargs: dict[str, str] = {}
    """What the block store must know: of rados pool, conf, user, namespace and timeout."""

    pithos_backend_block_former: dict[str, str] = {}
    """Store that blocks are moved out of while it serves: its module, and what it must know."""

    pithos_block_proof: bool = True
    """Whether a hash map may name only blocks that its sender had or may read. Without it,
    knowledge of a hash gives access to what it names, as historically."""

    pithos_block_trust: float = 600.0
    """Seconds for which a block that was found sound is given out without being hashed again."""

    pithos_backend_block_size: int = 4 * MIB
    """Bytes of a block; never change it once something is stored."""

    pithos_backend_hash_algorithm: str = "sha256"
    """Hash that names blocks; never change it once something is stored."""

    pithos_backend_container_quota: int = 0
    """Bytes that a new container may hold, 0 for no limit."""

    pithos_backend_versioning: str = "auto"
    """Versioning of new containers: auto keeps former versions, none does not."""

    pithos_backend_free_versioning: bool = True
    """Whether former versions of objects are not charged."""

    pithos_s3_enabled: bool = False
    """Whether clients of S3 are answered too, below `/s3`, by EC2 keys of the identity service."""

    pithos_s3_domain: str | None = None
    """Host at which S3 is reached, so that `BUCKET.` before it names a bucket. The web server in
    front hands what comes for it and for the hosts below it to `/s3` under Pithos' address."""

    pithos_update_md5: bool = True
    """Whether an ETag is the MD5 of the content where it is known, as Swift's clients need it.
    Large uploads cost half the processor time without; MD5 then only checks an ETag sent along."""

    pithos_public_url_security: int = 16
    """Random bytes in the address of a public object."""

    pithos_public_url_alphabet: str = ALPHABET
    """Characters of which addresses of public objects are made."""

    pithos_signature_digests: tuple[str, ...] = ("sha256", "sha512")
    """How signed addresses and forms may be signed; sha1 only for signers that know no better."""

    pithos_oauth2_client_credentials: tuple[str | None, str | None] = (None, None)
    """Name and secret under which the view service is known to the identity service."""

    pithos_unsafe_domain: str | None = None
    """Host, with its port if it is unusual, at which people's own content is shown: a host of its
    own keeps their pages away from ours. None shows it at the address of everything else."""

    pithos_api_list_limit: int = 10000
    """Entries of a listing's page."""

    pithos_resource_max_metadata: int = 90
    """Metadata items that an account, container or object may have per domain."""

    pithos_acc_max_groups: int = 32
    """Groups that an account may have."""

    pithos_acc_max_group_members: int = 32
    """Members that a group may have."""

    pithos_max_upload_size: int = 5 * GIB
    """Bytes of one request's body; larger objects go by hash map or in segments."""

    pithos_gc_grace: int = 86400
    """Seconds for which a block that nothing refers to is kept."""

    pithos_quota_step: int = 16 * MIB
    """Bytes reserved ahead at the quota service, so that small uploads need not ask each time."""
