import type { account } from './en/account.ts';
import type { files } from './en/files.ts';
import type { operators } from './en/operators.ts';
import type { projects } from './en/projects.ts';
import type { providers } from './en/providers.ts';
import type { security } from './en/security.ts';
import type { tokens } from './en/tokens.ts';

/** Sentences that only some pages say, which other languages fetch with those pages. */
export type RoomWords = typeof account &
  typeof files &
  typeof operators &
  typeof projects &
  typeof providers &
  typeof security &
  typeof tokens;

/** Their English, by room, as far as it does not come with the rest. */
export const english = {
  files: () => import('./en/files.ts').then((module) => module.files),
  operators: () => import('./en/operators.ts').then((module) => module.operators),
};

/** Their Greek, by room. */
export const greek = {
  account: () => import('./el/account.ts').then((module) => module.account),
  files: () => import('./el/files.ts').then((module) => module.files),
  operators: () => import('./el/operators.ts').then((module) => module.operators),
  projects: () => import('./el/projects.ts').then((module) => module.projects),
  providers: () => import('./el/providers.ts').then((module) => module.providers),
  security: () => import('./el/security.ts').then((module) => module.security),
  tokens: () => import('./el/tokens.ts').then((module) => module.tokens),
};

export type Room = keyof typeof greek;
export const rooms = Object.keys(greek) as Room[];

/** The rooms that an address says sentences of, by its first part; most need none. */
const needed: Record<string, Room[]> = {
  access: ['account', 'tokens'],
  activate: ['account', 'security'],
  consent: ['tokens', 'security'],
  'email-change': ['account', 'security'],
  feedback: ['account'],
  files: ['files'],
  invitations: ['account'],
  methods: ['providers', 'security'],
  networks: ['projects'],
  operate: ['operators', 'projects'],
  profile: ['account', 'security'],
  projects: ['projects'],
  quota: ['projects'],
  reset: ['account', 'security'],
  security: ['security'],
  shared: ['files'],
  sharing: ['files'],
  signout: ['account', 'security'],
  signup: ['account', 'providers', 'security'],
  terms: ['account', 'security'],
};

export const roomsOf = (name: string): Room[] => needed[name] ?? [];

/** The rooms of the pages before one has signed in. */
export const atTheGate: Room[] = ['account', 'providers', 'security', 'tokens'];
