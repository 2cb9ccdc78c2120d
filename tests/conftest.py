"""How tests are shared out between workers."""

import pytest
from xdist.scheduler import LoadScopeScheduling

STORIES = (
    "tests/e2e/faults/",
    "tests/e2e/solo/",
    "tests/e2e/pithos/",
    "tests/e2e/hosts/",
)
"""Folders whose tests share what they started, apart from the others."""


class ByStory(LoadScopeScheduling):
    """Sends a file to one worker, and all that share one running cloud to the same.

    Files and folders with `ganeti` in their names share the clusters of `make services`.
    """

    def _split_scope(self, nodeid: str) -> str:
        if "ganeti" in nodeid.partition("::")[0]:
            return "ganeti"
        for story in STORIES:
            if nodeid.startswith(story):
                return story
        on_the_cloud = ("tests/e2e/ui/", "tests/e2e/kamaki/", "tests/e2e/test_")
        return "cloud" if nodeid.startswith(on_the_cloud) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByStory:
    """Share tests out by story instead of one by one."""
    config.option.loadscopereorder = False
    return ByStory(config, log)
