import { session } from '../state/session.svelte.ts';
import type { Key } from '../words/words.svelte.ts';
import type { IconName } from './icons.ts';

export interface NavItem {
  name: string;
  label: Key;
  icon: IconName;
  shortcut: string;
}

export interface NavGroup {
  heading?: Key;
  /** Shown to operators only; the services refuse everybody else. */
  forOperators?: boolean;
  items: NavItem[];
}

/** The side bar, in order; the letter follows G. Design: section 2. */
export const navigation: NavGroup[] = [
  { items: [{ name: 'overview', label: 'nav.overview', icon: 'overview', shortcut: 'o' }] },
  {
    heading: 'nav.compute',
    items: [
      { name: 'machines', label: 'nav.machines', icon: 'server', shortcut: 'm' },
      { name: 'images', label: 'nav.images', icon: 'disc', shortcut: 'i' },
      { name: 'keys', label: 'nav.keys', icon: 'key', shortcut: 'k' },
    ],
  },
  {
    heading: 'nav.network',
    items: [{ name: 'networks', label: 'nav.networks', icon: 'network', shortcut: 'n' }],
  },
  {
    heading: 'nav.storage',
    items: [{ name: 'files', label: 'nav.files', icon: 'folder', shortcut: 'f' }],
  },
  {
    heading: 'nav.account',
    items: [
      { name: 'projects', label: 'nav.projects', icon: 'briefcase', shortcut: 'p' },
      { name: 'quota', label: 'nav.usage', icon: 'gauge', shortcut: 'q' },
      { name: 'profile', label: 'nav.profile', icon: 'user', shortcut: '' },
      { name: 'methods', label: 'nav.methods', icon: 'badge', shortcut: 'e' },
      { name: 'security', label: 'nav.security', icon: 'lock', shortcut: 'y' },
      { name: 'access', label: 'nav.access', icon: 'terminal', shortcut: 'a' },
    ],
  },
  {
    heading: 'nav.operators',
    forOperators: true,
    items: [
      { name: 'operate/users', label: 'nav.op.users', icon: 'users', shortcut: 'u' },
      { name: 'operate/requests', label: 'nav.op.requests', icon: 'inbox', shortcut: 'r' },
      { name: 'operate/projects', label: 'nav.op.projects', icon: 'briefcase', shortcut: '' },
      { name: 'operate/quota', label: 'nav.op.quota', icon: 'gauge', shortcut: '' },
      { name: 'operate/groups', label: 'nav.op.groups', icon: 'badge', shortcut: '' },
      { name: 'operate/policies', label: 'nav.op.policies', icon: 'shield', shortcut: '' },
      { name: 'operate/audit', label: 'nav.op.audit', icon: 'scroll', shortcut: 'l' },
    ],
  },
];

/** The groups that the signed-in person may see. */
export const groupsShown = (): NavGroup[] =>
  navigation.filter((group) => !group.forOperators || session.user.is_admin);

/** The pages that the signed-in person may see. */
export const pagesShown = (): NavItem[] => groupsShown().flatMap((group) => group.items);

export const addressOf = (name: string): string => (name === 'overview' ? '/ui/' : `/ui/${name}`);
