import type { ProjectRow, Seat } from '../../api/projects.ts';
import { resourceNames } from '../../state/kinds.svelte.ts';
import type { Shape, Tone } from '../../state/server-states.ts';
import { number, size } from '../../words/format.ts';
import { type Key, t } from '../../words/words.svelte.ts';

interface Look {
  tone: Tone;
  shape: Shape;
  word: string;
}

const looks: Record<string, [Tone, Shape]> = {
  active: ['ok', 'run'],
  pending: ['busy', 'clock'],
  uninitialized: ['busy', 'clock'],
  denied: ['bad', 'error'],
  suspended: ['warn', 'paused'],
  terminated: ['idle', 'gone'],
  deleted: ['idle', 'gone'],
  dismissed: ['idle', 'gone'],
  cancelled: ['idle', 'gone'],
};

/** How a project's state is shown. Design: section 7. */
export function lookOf(project: ProjectRow): Look {
  const [tone, shape] = looks[project.status] ?? ['idle', 'unknown'];
  return { tone, shape, word: t(`projects.status.${project.status}` as Key) };
}

const seatLooks: Record<string, [Tone, Shape]> = {
  requested: ['busy', 'clock'],
  accepted: ['ok', 'run'],
  leave_requested: ['warn', 'clock'],
  suspended: ['warn', 'paused'],
};

export function seatLook(state: string): Look {
  const [tone, shape] = seatLooks[state] ?? ['idle', 'gone'];
  return { tone, shape, word: t(`projects.seat.${state}` as Key) };
}

export function roleOf(project: ProjectRow): string {
  if (project.system) return t('projects.role.personal');
  if (project.is_mine) return t('projects.role.owner');
  const seat = project.membership;
  if (seat && isIn(seat)) return t(`projects.seat.${seat.state}` as Key);
  if (project.status === 'pending' || project.status === 'denied') {
    return t('projects.role.applicant');
  }
  return seat?.state === 'requested' ? t('projects.seat.requested') : t('projects.role.none');
}

export const isIn = (seat: Seat | null): boolean =>
  seat !== null && ['accepted', 'leave_requested', 'suspended'].includes(seat.state);

/** Numbers from here on mean that there is no limit. */
const boundless = 2 ** 62;

export const isEndless = (limit: number): boolean => limit >= boundless;

/** A quantity of a resource as people say it. */
export function amount(value: number, unit: string | null): string {
  if (isEndless(value)) return t('projects.endless');
  return unit === 'bytes' ? size(value) : number(value);
}

/** What a resource is called, also one that this interface does not know. */
export function resourceName(name: string, description = ''): string {
  const known = resourceNames.find((each) => each === name);
  return known ? t(`quota.${known}`) : description || name;
}

/** Whether somebody could ask to come in. */
export const canJoin = (project: ProjectRow): boolean =>
  project.state === 'active' &&
  !project.system &&
  project.join_policy !== 'closed' &&
  !isIn(project.membership) &&
  project.membership?.state !== 'requested';

export const daysLeft = (ends: string, now: number): number =>
  Math.floor((Date.parse(ends) - now) / 86_400_000);

/** Resources in the order in which the interface shows them; strangers last. */
export function inOrder<T extends { name: string }>(resources: T[]): T[] {
  const place = (name: string) => {
    const at = resourceNames.findIndex((each) => each === name);
    return at < 0 ? resourceNames.length : at;
  };
  return [...resources].sort((a, b) => place(a.name) - place(b.name));
}
