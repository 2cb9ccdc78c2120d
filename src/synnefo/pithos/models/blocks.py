"""What is known about single blocks: who uses them, who sent them, which are damaged."""

from django.db import models

from synnefo.pithos.models.objects import HashList


class BlockUse(models.Model):
    """One block of a list of blocks, to be found by the block; each once."""

    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="uses")
    digest = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("digest", "hash_list", name="pithos_blockuse_of")]

    def __str__(self) -> str:
        return f"{bytes(self.digest).hex()[:12]}… in {self.hash_list_id}"


class SentBlock(models.Model):
    """A block that somebody sent of late, before any object was made of it.

    `sent` is in microseconds since 1970.
    """

    sender = models.CharField(max_length=256)
    digest = models.BinaryField()
    sent = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("sender", "digest", name="pithos_sentblock_by")]

    def __str__(self) -> str:
        return f"{bytes(self.digest).hex()[:12]}… by {self.sender}"


class DamagedBlock(models.Model):
    """A block that is needed and was found lost or damaged."""

    hash = models.CharField(max_length=64, primary_key=True)
    is_lost = models.BooleanField()
    noticed = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.hash)


class ScrubRound(models.Model):
    """How far the running look at all blocks has come: every one up to `position`."""

    position = models.CharField(max_length=200, default="")
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    blocks = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    damaged = models.BigIntegerField(default=0)
    healed = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"from {self.started:%Y-%m-%d} up to {self.position[:6]}"
