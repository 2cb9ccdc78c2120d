import type { AccountState } from '../../api/operators.ts';
import type { IconName } from '../../parts/icons.ts';
import type { Shape, Tone } from '../../state/server-states.ts';

interface Look {
  tone: Tone;
  shape: Shape;
}

/** How the state of an account looks. Design: section 7. */
export const accountLook: Record<AccountState, Look> = {
  active: { tone: 'ok', shape: 'run' },
  unverified: { tone: 'warn', shape: 'unknown' },
  pending: { tone: 'busy', shape: 'clock' },
  rejected: { tone: 'bad', shape: 'error' },
  inactive: { tone: 'idle', shape: 'paused' },
};

export const accountStates = Object.keys(accountLook) as AccountState[];

const projectLooks: Record<string, Look> = {
  active: { tone: 'ok', shape: 'run' },
  suspended: { tone: 'warn', shape: 'paused' },
  terminated: { tone: 'idle', shape: 'gone' },
  deleted: { tone: 'idle', shape: 'gone' },
  uninitialized: { tone: 'busy', shape: 'clock' },
};

export const projectStates = ['active', 'suspended', 'terminated', 'uninitialized'] as const;

/** How the state of a project looks. */
export const projectLook = (state: string): Look =>
  projectLooks[state] ?? { tone: 'idle', shape: 'unknown' };

export interface DeedKind {
  icon: IconName;
  danger?: boolean;
  reason?: boolean;
  group?: boolean;
}

/** The deeds on accounts, in the order of the menus. */
export const userDeeds = {
  verify: { icon: 'check' },
  accept: { icon: 'userCheck' },
  reject: { icon: 'userX', danger: true, reason: true },
  activate: { icon: 'play' },
  deactivate: { icon: 'ban', danger: true, reason: true },
  send_verification: { icon: 'mail' },
  send_password_reset: { icon: 'key' },
  end_sessions: { icon: 'signOut', danger: true },
  reset_second_factor: { icon: 'lock', danger: true, reason: true },
  add_to_group: { icon: 'badge', group: true },
  take_from_group: { icon: 'badge', group: true },
  delete: { icon: 'trash', danger: true },
} satisfies Record<string, DeedKind>;

/** The deeds on projects and applications. */
export const projectDeeds = {
  suspend: { icon: 'ban', danger: true, reason: true },
  unsuspend: { icon: 'play' },
  terminate: { icon: 'x', danger: true, reason: true },
  reinstate: { icon: 'undo' },
  approve: { icon: 'check' },
  deny: { icon: 'ban', danger: true, reason: true },
} satisfies Record<string, DeedKind>;

export const anyDeed: Record<string, DeedKind> = { ...userDeeds, ...projectDeeds };
