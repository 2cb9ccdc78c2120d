import type { Server } from '../api/compute.ts';
import type { Network, Port } from '../api/network.ts';
import type { Shape, Tone } from '../state/server-states.ts';

export interface NetworkState {
  tone: Tone;
  shape: Shape;
  word: 'active' | 'setting' | 'closed' | 'deleting' | 'failed';
}

/** A network's state in shape, colour and word. Design: section 7. */
export function networkState(network: Network): NetworkState {
  const status = network.status.toUpperCase();
  if (status === 'ERROR') return { tone: 'bad', shape: 'error', word: 'failed' };
  if (status === 'DELETING') return { tone: 'busy', shape: 'busy', word: 'deleting' };
  if (status === 'BUILD' || status === 'PENDING') {
    return { tone: 'busy', shape: 'busy', word: 'setting' };
  }
  if (!network.admin_state_up || status === 'SNF:DRAINED' || status === 'DOWN') {
    return { tone: 'warn', shape: 'paused', word: 'closed' };
  }
  return { tone: 'ok', shape: 'run', word: 'active' };
}

/** The machines with a foot in a network. */
export function machinesOn(network: Network, ports: Port[], servers: Server[]): Server[] {
  const ids = new Set(
    ports.filter((each) => each.network_id === network.id).map((each) => each.device_id),
  );
  return servers.filter((each) => ids.has(each.id) || network.name in (each.addresses ?? {}));
}

const number = (text: string): number =>
  text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** First and last number of an IPv4 range, or null when it is none. */
export function boundsOf(cidr: string): [number, number] | null {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr.trim());
  if (!match) return null;
  const bits = Number(match[2]);
  const parts = (match[1] ?? '').split('.').map(Number);
  if (bits > 29 || bits < 8 || parts.some((part) => part > 255)) return null;
  const size = 2 ** (32 - bits);
  const start = number(match[1] ?? '');
  return start % size === 0 ? [start, start + size - 1] : null;
}

export function overlap(cidr: string, others: string[]): string | undefined {
  const own = boundsOf(cidr);
  if (!own) return undefined;
  return others.find((other) => {
    const bounds = boundsOf(other);
    return bounds !== null && bounds[0] <= own[1] && own[0] <= bounds[1];
  });
}

/** A /24 that overlaps nothing here. */
export function freeRange(taken: string[]): string {
  for (let third = 0; third < 256; third += 1) {
    const range = `192.168.${third}.0/24`;
    if (!overlap(range, taken)) return range;
  }
  return '10.0.0.0/24';
}
