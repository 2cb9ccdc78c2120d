import { type Flavor, type Keypair, listFlavors, listKeys } from '../api/compute.ts';
import { listQuotas, type Quotas } from '../api/identity.ts';
import { type Image, listImages } from '../api/image.ts';
import {
  listNetworks,
  listPorts,
  listSubnets,
  type Network,
  type Port,
  type Subnet,
} from '../api/network.ts';
import { type Container, listContainers } from '../api/objects.ts';
import { Live } from './live.svelte.ts';
import { session } from './session.svelte.ts';

export const images = new Live<Image>(listImages, (each) => each.id);
export const flavors = new Live<Flavor>(listFlavors, (each) => each.id);
export const keys = new Live<Keypair>(listKeys, (each) => each.name);
export const networks = new Live<Network>(listNetworks, (each) => each.id);
export const subnets = new Live<Subnet>(listSubnets, (each) => each.id);
export const ports = new Live<Port>(listPorts, (each) => each.id);
export const containers = new Live<Container>(listContainers, (each) => each.name);

interface ProjectQuota {
  project: string;
  holdings: Quotas[string];
}

const quotas = new Live<ProjectQuota>(
  async () =>
    Object.entries(await listQuotas()).map(([project, holdings]) => ({ project, holdings })),
  (each) => each.project,
);

export const watchQuotas = quotas.watch;
export const quotaState = quotas;

export type ResourceName =
  | 'cyclades.vm'
  | 'cyclades.cpu'
  | 'cyclades.ram'
  | 'cyclades.disk'
  | 'cyclades.network.private'
  | 'cyclades.floating_ip'
  | 'pithos.diskspace';

export interface Room {
  name: ResourceName;
  limit: number;
  used: number;
  pending: number;
  left: number;
  inBytes: boolean;
}

/** A limit so high that it means none. */
const boundless = 2 ** 62;

export const resourceNames: ResourceName[] = [
  'cyclades.vm',
  'cyclades.cpu',
  'cyclades.ram',
  'cyclades.disk',
  'cyclades.network.private',
  'cyclades.floating_ip',
  'pithos.diskspace',
];

/** What is used and left of each resource: the lesser of the member's and the project's room. */
export function roomsOf(holdings: Quotas[string]): Room[] {
  return resourceNames.flatMap((name) => {
    const held = holdings[name];
    if (!held) return [];
    const own = held.limit - held.usage - held.pending;
    const whole = held.project_limit - held.project_usage - held.project_pending;
    const shared = Number.isFinite(whole) && whole < own;
    const limit = shared ? held.project_limit : held.limit;
    const used = shared ? held.project_usage : held.usage;
    const pending = shared ? held.project_pending : held.pending;
    return [{ name, limit, used, pending, left: limit - used - pending, inBytes: isBytes(name) }];
  });
}

const isBytes = (name: ResourceName): boolean =>
  name === 'cyclades.ram' || name === 'cyclades.disk' || name === 'pithos.diskspace';

export const isBoundless = (room: Room): boolean => room.limit >= boundless;

/** The rooms of the project in use now. */
export function projectRooms(): Room[] {
  const own = quotas.find(session.project.id) ?? quotas.items[0];
  return own ? roomsOf(own.holdings) : [];
}
