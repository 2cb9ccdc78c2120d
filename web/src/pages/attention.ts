import type { Server } from '../api/compute.ts';
import type { IconName } from '../parts/icons.ts';
import { isBoundless, type Room } from '../state/kinds.svelte.ts';
import { stateOf } from '../state/server-states.ts';
import { number, size, sizeOf } from '../words/format.ts';
import { t } from '../words/words.svelte.ts';

export interface Need {
  icon: IconName;
  tone: 'bad' | 'warn';
  title: string;
  line: string;
  action: string;
  href: string;
}

const most = 6;
const nearlyFull = 0.9;

/** What needs the user, worst first, each with one action. Design: section 3. */
export function attentionOf(servers: Server[], rooms: Room[]): Need[] {
  return [...failed(servers), ...suspended(servers), ...full(rooms)].slice(0, most);
}

const failed = (servers: Server[]): Need[] =>
  servers
    .filter((server) => stateOf(server).name === 'failed')
    .map((server) => ({
      icon: 'triangle',
      tone: 'bad',
      title: t('attention.failed', { name: server.name }),
      line: server.fault?.message ?? t('machine.failed.unknown'),
      action: t('why'),
      href: `/ui/machines/${server.id}`,
    }));

const suspended = (servers: Server[]): Need[] =>
  servers
    .filter((server) => stateOf(server).name === 'suspended')
    .map((server) => ({
      icon: 'alert',
      tone: 'warn',
      title: t('attention.suspended', { name: server.name }),
      line: t('machine.suspended.why'),
      action: t('open'),
      href: `/ui/machines/${server.id}`,
    }));

const full = (rooms: Room[]): Need[] =>
  rooms
    .filter((room) => !isBoundless(room) && room.limit > 0 && room.used / room.limit >= nearlyFull)
    .map((room) => ({
      icon: 'gauge',
      tone: 'warn',
      title: t('attention.full', { what: t(`quota.${room.name}`) }),
      line: t('attention.full.line', {
        part: room.inBytes
          ? sizeOf(room.used, room.limit)
          : t('of', { part: number(room.used), whole: number(room.limit) }),
        left: room.inBytes ? size(Math.max(0, room.left)) : number(Math.max(0, room.left)),
      }),
      action: t('details'),
      href: '/ui/quota',
    }));
