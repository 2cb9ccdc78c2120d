import type { Server } from '../api/compute.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'busy' | 'odd' | 'idle';
export type Shape =
  | 'run'
  | 'stop'
  | 'busy'
  | 'error'
  | 'paused'
  | 'unknown'
  | 'rescue'
  | 'gone'
  | 'clock';

export type StateName =
  | 'building'
  | 'running'
  | 'stopped'
  | 'starting'
  | 'stopping'
  | 'restarting'
  | 'resizing'
  | 'deleting'
  | 'connecting'
  | 'disconnecting'
  | 'attaching'
  | 'detaching'
  | 'rescuing'
  | 'rescue'
  | 'failed'
  | 'suspended'
  | 'unknown'
  | 'deleted';

export interface ServerState {
  name: StateName;
  tone: Tone;
  shape: Shape;
}

export type Deed = 'start' | 'stop' | 'reboot' | 'console' | 'delete' | 'rename' | 'move';

const byTask: Record<string, StateName> = {
  BUILDING: 'building',
  SPAWNING: 'building',
  SCHEDULING: 'building',
  NETWORKING: 'building',
  BLOCK_DEVICE_MAPPING: 'building',
  STARTING: 'starting',
  'POWERING-ON': 'starting',
  STOPPING: 'stopping',
  'POWERING-OFF': 'stopping',
  REBOOTING: 'restarting',
  REBOOTING_HARD: 'restarting',
  REBOOT_STARTED: 'restarting',
  RESIZING: 'resizing',
  DESTROYING: 'deleting',
  DELETING: 'deleting',
  CONNECTING: 'connecting',
  DISCONNECTING: 'disconnecting',
  ATTACHING_VOLUME: 'attaching',
  DETACHING_VOLUME: 'detaching',
  RESCUING: 'rescuing',
  UNRESCUING: 'rescuing',
};

const byStatus: Record<string, StateName> = {
  BUILD: 'building',
  REBUILD: 'building',
  ACTIVE: 'running',
  STOPPED: 'stopped',
  SHUTOFF: 'stopped',
  REBOOT: 'restarting',
  HARD_REBOOT: 'restarting',
  RESIZE: 'resizing',
  VERIFY_RESIZE: 'resizing',
  RESCUE: 'rescue',
  ERROR: 'failed',
  SUSPENDED: 'suspended',
  PAUSED: 'suspended',
  DELETED: 'deleted',
  SOFT_DELETED: 'deleted',
};

const looks: Partial<Record<StateName, [Tone, Shape]>> = {
  running: ['ok', 'run'],
  stopped: ['idle', 'stop'],
  rescue: ['odd', 'rescue'],
  failed: ['bad', 'error'],
  suspended: ['warn', 'paused'],
  unknown: ['warn', 'unknown'],
  deleted: ['idle', 'gone'],
};

/** Read a server's state; a task on its way wins over the status. Design: section 7. */
export function stateOf(server: Server): ServerState {
  const task = server['SNF:task_state'] || server['OS-EXT-STS:task_state'] || '';
  const name = server.suspended
    ? 'suspended'
    : (byTask[task.toUpperCase()] ?? byStatus[server.status.toUpperCase()] ?? 'unknown');
  const [tone, shape] = looks[name] ?? ['busy', 'busy'];
  return { name, tone, shape };
}

/** What may be asked of a server now. */
export function deedsOf(state: ServerState): Set<Deed> {
  switch (state.name) {
    case 'running':
      return new Set(['stop', 'reboot', 'console', 'rename', 'move', 'delete']);
    case 'rescue':
      return new Set(['stop', 'console', 'rename', 'delete']);
    case 'stopped':
      return new Set(['start', 'rename', 'move', 'delete']);
    case 'suspended':
    case 'deleted':
    case 'deleting':
      return new Set();
    default:
      return new Set(['rename', 'delete']);
  }
}

export const isBusy = (server: Server): boolean => stateOf(server).tone === 'busy';
