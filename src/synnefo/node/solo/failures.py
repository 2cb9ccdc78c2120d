"""Why a job fails, in Ganeti's two kinds. Labs: ganeti 3.1."""


class JobFailure(Exception):
    """A job cannot be done; becomes its `opresult`."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        """Set when the request was refused (`OpPrereqError`), None when doing it failed."""

    def payload(self) -> tuple[str, list[str | list[str]]]:
        """Write it as Ganeti does."""
        if self.code is None:
            return "OpExecError", [self.message]
        return "OpPrereqError", [self.message, self.code]


def unknown(kind: str, name: str) -> JobFailure:
    """Say that an object does not exist."""
    return JobFailure(f"{kind} '{name}' not known", code="unknown_entity")


def refused(message: str, code: str = "wrong_input") -> JobFailure:
    """Say that a request makes no sense as things are."""
    return JobFailure(message, code=code)
