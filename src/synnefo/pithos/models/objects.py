"""Paths, their versions, and the lists of blocks that versions are made of."""

from django.db import models
from django.db.models import Q

from synnefo.pithos.models.containers import Container
from synnefo.pithos.models.fields import NameField


class Cluster(models.IntegerChoices):
    """What a version is to its path. Spec: object-storage 13.3."""

    NORMAL = 0
    HISTORY = 1
    DELETED = 2


class Node(models.Model):
    """A path that has or had an object; its current version, if it has one."""

    container = models.ForeignKey(Container, on_delete=models.PROTECT)
    name = NameField(max_length=1024)
    current = models.OneToOneField(
        "Version", null=True, on_delete=models.SET_NULL, related_name="shown_by"
    )

    class Meta:
        constraints = [models.UniqueConstraint("container", "name", name="pithos_node_path")]

    def __str__(self) -> str:
        return str(self.name)


class HashList(models.Model):
    """The block hashes of one content, 32 bytes each; shared by all versions that have it.

    Contents of a single block need none: their root is that block's hash.
    """

    root = models.CharField(max_length=64)
    blocks = models.IntegerField()
    hashes = models.BinaryField()
    is_indexed = models.BooleanField(default=False)
    """Whether its blocks can be found one by one, in BlockUse."""

    class Meta:
        constraints = [models.UniqueConstraint("root", "blocks", name="pithos_hashlist_content")]

    def __str__(self) -> str:
        return f"{self.root[:12]}… of {self.blocks}"


class SmallBlock(models.Model):
    """A block so small that it lies beside its versions; `touched` in microseconds since 1970.

    It moves into the block store as well when its hash is told to anybody.
    """

    hash = models.CharField(max_length=64, primary_key=True)
    data = models.BinaryField()
    touched = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return str(self.hash)


class Version(models.Model):
    """An object at one moment; its serial is public. Times are microseconds since 1970."""

    serial = models.BigAutoField(primary_key=True)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="versions")
    cluster = models.SmallIntegerField(choices=Cluster.choices, default=Cluster.NORMAL)
    hash = models.CharField(max_length=256)
    size = models.BigIntegerField()
    type = models.CharField(max_length=256)
    checksum = models.CharField(max_length=256, default="")
    uuid = models.CharField(max_length=36)
    modified = models.BigIntegerField()
    modified_by = models.CharField(max_length=256)
    source = models.BigIntegerField(null=True)
    available = models.SmallIntegerField(default=1)
    is_snapshot = models.BooleanField(default=False)
    metadata = models.JSONField[dict[str, str], dict[str, str]](default=dict)
    hash_list = models.ForeignKey(HashList, null=True, on_delete=models.PROTECT)
    expires = models.BigIntegerField(null=True)
    large_etag = models.CharField(max_length=64, default="")
    large_size = models.BigIntegerField(null=True)
    """ETag and size of the whole, where the content is a static manifest."""

    class Meta:
        indexes = [
            models.Index("uuid", condition=Q(cluster=Cluster.NORMAL), name="pithos_version_uuid"),
            models.Index(
                "expires", condition=Q(expires__isnull=False), name="pithos_version_expiry"
            ),
            models.Index("hash", name="pithos_version_hash"),
        ]

    def __str__(self) -> str:
        return str(self.serial)


class Facet(models.Model):
    """What another service knows about an object: its metadata in that service's domain."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="facets")
    domain = models.CharField(max_length=256)
    metadata = models.JSONField[dict[str, str], dict[str, str]](default=dict)
    modified = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("domain", "node", name="pithos_facet_domain_node")]

    def __str__(self) -> str:
        return f"{self.domain} of {self.node_id}"
