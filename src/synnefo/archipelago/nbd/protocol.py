"""Numbers and layouts of the NBD protocol, the part that is spoken here."""

import errno
import struct
from enum import IntEnum, IntFlag

INIT_MAGIC = b"NBDMAGIC"
OPTION_MAGIC = b"IHAVEOPT"
REPLY_MAGIC = 0x0003E889045565A9
REQUEST_MAGIC = 0x25609513
SIMPLE_REPLY_MAGIC = 0x67446698

OPTION = struct.Struct(">8sII")
OPTION_REPLY = struct.Struct(">QIII")
REQUEST = struct.Struct(">IHHQQI")
REPLY = struct.Struct(">IIQ")
EXPORT = struct.Struct(">QH")

MAX_OPTION = 4096 + 1024
MAX_PAYLOAD = 32 * 1024 * 1024
PREFERRED_BLOCK = 64 * 1024


class Handshake(IntFlag):
    """Flags exchanged first."""

    FIXED_NEWSTYLE = 1
    NO_ZEROES = 2


class Option(IntEnum):
    """What a client may ask for before the data."""

    EXPORT_NAME = 1
    ABORT = 2
    LIST = 3
    INFO = 6
    GO = 7


class Answer(IntEnum):
    """How an option is answered."""

    ACK = 1
    SERVER = 2
    INFO = 3
    ERR_UNSUPPORTED = 0x80000001
    ERR_INVALID = 0x80000003
    ERR_UNKNOWN = 0x80000006
    ERR_TOO_BIG = 0x80000009


class Fact(IntEnum):
    """What INFO and GO tell of an export."""

    EXPORT = 0
    NAME = 1
    BLOCK_SIZE = 3


class Export(IntFlag):
    """What an export can do."""

    HAS_FLAGS = 1
    READ_ONLY = 2
    SEND_FLUSH = 4
    SEND_FUA = 8
    SEND_TRIM = 32
    SEND_WRITE_ZEROES = 64
    CAN_MULTI_CONN = 256


class Command(IntEnum):
    """What a client asks for while it uses the export."""

    READ = 0
    WRITE = 1
    DISCONNECT = 2
    FLUSH = 3
    TRIM = 4
    WRITE_ZEROES = 6


class Wish(IntFlag):
    """Flags of a command."""

    FUA = 1
    NO_HOLE = 2


_KNOWN_ERRORS = frozenset(
    {errno.EPERM, errno.EIO, errno.ENOMEM, errno.EINVAL, errno.ENOSPC, errno.EOVERFLOW}
)
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def wire_error(code: int | None) -> int:
    """Translate an error of the system to one that the protocol knows."""
    if code in _NO_SPACE:
        return errno.ENOSPC
    return code if code in _KNOWN_ERRORS and code is not None else errno.EIO
