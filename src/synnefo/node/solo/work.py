"""Which work belongs to which opcode, and what its steps tell the world."""

from typing import Any

import msgspec

from synnefo.node import event_sender
from synnefo.node.event_sender import InstanceDetails, Message, Step
from synnefo.node.solo import change_work, instance_work, network_work, opcodes
from synnefo.node.solo.instance_work import House
from synnefo.node.solo.job_queue import Task
from synnefo.node.solo.packet_rules import profile_of
from synnefo.node.solo.records import Instance, Job, Nic, Op

_SECRET_FIELDS = ("osparams_private", "osparams_secret")


class Work:
    """The worker of the job queue."""

    def __init__(self, house: House, cluster: str) -> None:
        self._house = house
        self._cluster = cluster

    def run(self, task: Task) -> object:
        """Do what an opcode says."""
        opcode = task.opcode
        match opcode:
            case opcodes.TagsSet():
                return network_work.set_tags(self._house, task, opcode)
            case opcodes.TagsDel():
                return network_work.delete_tags(self._house, task, opcode)
            case opcodes.ClusterSetParams():
                return []
            case _ if opcodes.name_of(opcode).startswith("OP_NETWORK_"):
                return self._run_network(task)
            case _:
                return self._run_instance(task)

    def _run_network(self, task: Task) -> object:
        match task.opcode:
            case opcodes.NetworkAdd() as op:
                return network_work.add(self._house, task, op)
            case opcodes.NetworkRemove() as op:
                return network_work.remove(self._house, task, op)
            case opcodes.NetworkConnect() as op:
                return network_work.connect(self._house, task, op)
            case opcodes.NetworkDisconnect() as op:
                return network_work.disconnect(self._house, task, op)
            case opcodes.NetworkSetParams() as op:
                return network_work.set_params(self._house, task, op)
        raise TypeError(f"no work for {task.opcode}")

    def _run_instance(self, task: Task) -> object:
        match task.opcode:
            case opcodes.InstanceCreate() as op:
                return instance_work.create(self._house, task, op)
            case opcodes.InstanceRemove() as op:
                return instance_work.remove(self._house, task, op)
            case opcodes.InstanceStartup() as op:
                return instance_work.startup(self._house, task, op)
            case opcodes.InstanceShutdown() as op:
                return instance_work.shutdown(self._house, task, op)
            case opcodes.InstanceReboot() as op:
                return instance_work.reboot(self._house, task, op)
            case opcodes.InstanceRename() as op:
                return instance_work.rename(self._house, task, op)
        return self._run_change(task)

    def _run_change(self, task: Task) -> object:
        match task.opcode:
            case opcodes.InstanceSetParams() as op:
                return change_work.set_params(self._house, task, op)
            case opcodes.InstanceGrowDisk() as op:
                return change_work.grow_disk(self._house, task, op)
            case opcodes.InstanceSnapshot() as op:
                return change_work.snapshot(self._house, task, op)
        raise TypeError(f"no work for {task.opcode}")

    def messages(self, job: Job, op: Op) -> list[Message]:
        """Make the message of a step; takes no locks."""
        instance = self._house.inventory.find(opcodes.target_of(op.input))
        step = Step(
            job_id=job.id,
            opcode=opcodes.name_of(op.input),
            fields=fields_of(op),
            status=op.status,
            result=msgspec.json.decode(op.result),
            logmsg=op.log[-1][3] if op.log else None,
            event_time=_time_of(job, op),
        )
        details = self._details(instance) if instance else None
        message = event_sender.message_of(step, self._cluster, details)
        return [message] if message else []

    def _details(self, instance: Instance) -> InstanceDetails:
        return InstanceDetails(
            nics=[self._nic(instance, at, nic) for at, nic in enumerate(list(instance.nics))],
            disks=[
                {"name": disk.name, "size": disk.size, "uuid": disk.uuid}
                for disk in list(instance.disks)
            ],
            hvparams={
                "boot_order": instance.hvparams.get("boot_order") or "disk",
                "cdrom_image_path": instance.hvparams.get("cdrom_image_path") or "",
            },
            tags=list(instance.tags),
        )

    def _nic(self, instance: Instance, index: int, nic: Nic) -> dict[str, Any]:
        network = self._house.network_of(nic)
        facts: dict[str, Any] = {
            "name": nic.name,
            "network": network.name if network else None,
            "ip": nic.ip,
            "mac": nic.mac,
            "mode": nic.mode,
            "link": nic.link,
            "uuid": nic.uuid,
        }
        profile = profile_of(instance.tags, [nic.name or "", nic.uuid, str(index)])
        if profile != "unprotected":
            facts["firewall"] = profile
        if nic.ssh_port is not None:
            facts["ssh_port"] = nic.ssh_port
        return facts


def fields_of(op: Op) -> dict[str, Any]:
    """Answer an opcode's input as the world may see it: secrets are null, as in Ganeti."""
    fields: dict[str, Any] = msgspec.to_builtins(op.input)
    for name in _SECRET_FIELDS:
        if name in fields:
            fields[name] = dict.fromkeys(fields[name])
    return fields


def _time_of(job: Job, op: Op) -> tuple[int, int]:
    """Tell when a step happened. Spec: compute 11.1."""
    end = job.end_timestamp or job.received_timestamp
    if op.status == "queued":
        return job.received_timestamp
    if op.status == "waiting":
        return op.start_timestamp or end
    if op.status == "running":
        return op.exec_timestamp or end
    return op.end_timestamp or end
