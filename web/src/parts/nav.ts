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
      { name: 'quota', label: 'nav.quota', icon: 'gauge', shortcut: 'q' },
      { name: 'access', label: 'nav.access', icon: 'terminal', shortcut: 'a' },
    ],
  },
];

export const allPages: NavItem[] = navigation.flatMap((group) => group.items);

export const addressOf = (name: string): string => (name === 'overview' ? '/ui/' : `/ui/${name}`);
