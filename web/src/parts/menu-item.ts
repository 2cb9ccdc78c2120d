import type { IconName } from './icons.ts';

/** One line of a menu; `off` says why it cannot be chosen now. */
export interface MenuItem {
  label: string;
  icon: IconName;
  run: () => void;
  off?: string | false;
  danger?: boolean;
  rule?: boolean;
  shortcut?: string;
}
