"""Which tasks there are, in which order, and which of them an image is spared.

Spec: images-and-nodes 1.9.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from synnefo.node.image_deploy.helper import (
    accounts,
    cloud,
    identity,
    mounting,
    network,
    storage,
)
from synnefo.node.image_deploy.helper.report import Refused
from synnefo.node.image_deploy.helper.work import Work

_OVERWRITE = "/root/snf-image/helper/overwrite_task_"
_AROUND = 101


@dataclass(frozen=True)
class Task:
    """A task and what it has to do with: the letters of the specification.

    X excludable, M on mounted files, R enlarges, O the image may overwrite it, C not with
    cloud-init.
    """

    name: str
    do: Callable[[Work], None]
    flags: str


TASKS = (
    Task("FixPartitionTable", storage.fix_partition_table, "XC"),
    Task("FilesystemResizeUnmounted", storage.resize_unmounted, "XRC"),
    Task("MountImage", mounting.mount_image, "M"),
    Task("InitializeDatasource", cloud.initialize_datasource, "MO"),
    Task("FilesystemResizeMounted", storage.resize_mounted, "XMROC"),
    Task("AddSwap", storage.add_swap, "XMO"),
    Task("AssignHostname", identity.assign_hostname, "XMO"),
    Task("ChangeMachineId", identity.change_machine_id, "XMO"),
    Task("ChangePassword", accounts.change_password, "XMO"),
    Task("ConfigureNetwork", network.configure_network, "XMO"),
    Task("DeleteSSHKeys", identity.delete_host_keys, "XMO"),
    Task("SELinuxAutorelabel", identity.relabel, "XMO"),
    Task("EnforcePersonality", identity.enforce_personality, "XMO"),
    Task("RunCustomTask", identity.run_custom_task, "XMO"),
    Task("UmountImage", mounting.unmount_image, "M"),
)


def wanted(work: Work) -> list[Task]:
    """List the tasks that are not left out."""
    return [task for task in TASKS if not _is_left_out(work, task)]


def _is_left_out(work: Work, task: Task) -> bool:
    says = work.rules.says
    return (
        says("EXCLUDE_ALL_TASKS")
        or ("M" in task.flags and says("EXCLUDE_MOUNTED_TASKS"))
        or ("R" in task.flags and says("EXCLUDE_FILESYSTEMRESIZE_TASKS"))
        or ("X" in task.flags and says(f"EXCLUDE_TASK_{task.name}"))
        or ("C" in task.flags and work.rules.is_cloud_init)
    )


def run(work: Work) -> None:
    """Do all tasks that are wanted; the first that fails ends it with a Refused."""
    mounting.find_root(work)
    for task in wanted(work):
        work.report.start(task.name)
        if not _overwritten(work, task):
            task.do(work)
        work.report.end(task.name)


def _overwritten(work: Work, task: Task) -> bool:
    """Run what the image has instead of a task, when it may; around the task if it says so."""
    if "O" not in task.flags or not work.rules.says("ALLOW_MOUNTED_TASK_OVERWRITING"):
        return False
    path = f"{_OVERWRITE}{task.name}"
    if not work.tree.is_file(path):
        return False
    script = str(work.tree.place(path))
    ran = work.programs(script)
    if ran.code == _AROUND:
        _must(work, script, "pre-exec")
        task.do(work)
        _must(work, script, "post-exec")
    elif ran.code:
        work.report.quote(ran.words)
        raise Refused(f"The image's own {task.name} failed.")
    return True


def _must(work: Work, script: str, step: str) -> None:
    work.must(f"The image's own script failed in {step}.", script, step)


def attempt(work: Work) -> bool:
    """Do all tasks and tell how it went; False when the image was refused."""
    try:
        run(work)
    except Refused as refused:
        work.report.fail(str(refused))
        return False
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error!r}\n")
        work.report.fail(f"The image cannot be changed: {error}")
        return False
    return True
