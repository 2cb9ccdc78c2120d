"""What the helper tells the host, line by line. Spec: images-and-nodes 1.12."""

from collections.abc import Callable

LINE = 512
STDERR_LINES = 10


class Refused(Exception):
    """The image cannot be deployed; the sentence is meant for the person who wants it."""


class Report:
    """The monitor line to the host."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def start(self, task: str) -> None:
        """Tell that a task begins."""
        self._line(f"TASK_START:{task}")

    def end(self, task: str) -> None:
        """Tell that a task has ended well."""
        self._line(f"TASK_END:{task}")

    def warn(self, sentence: str) -> None:
        """Tell what is odd but no reason to stop."""
        self._line(f"WARNING:{sentence}")

    def fail(self, sentence: str) -> None:
        """Tell why the image cannot be deployed."""
        self._line(f"ERROR:{sentence}")

    def quote(self, words: str) -> None:
        """Pass on the last words of a program that failed."""
        lines = [" ".join(line.split()) for line in words.strip().splitlines()][-STDERR_LINES:]
        if lines:
            self._write(f"STDERR:{len(lines)}:{lines[0]}"[: LINE - 1] + "\n")
            for line in lines[1:]:
                self._write(line[: LINE - 1] + "\n")

    def _line(self, line: str) -> None:
        flat = "".join(char if char.isprintable() else "?" for char in line)
        self._write(flat[: LINE - 1] + "\n")
