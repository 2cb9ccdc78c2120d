import type { Server } from '../api/compute.ts';
import { route } from '../state/route.svelte.ts';
import { type Deed, deedsOf, stateOf } from '../state/server-states.ts';
import { type Lifecycle, servers } from '../state/servers.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { brief } from '../words/reasons.ts';
import { t } from '../words/words.svelte.ts';
import type { MenuItem } from './menu-item.ts';

export type Question = 'stop' | 'reboot' | 'delete' | 'rename' | 'move';

/** The question that is open now, about these machines. */
class Asking {
  about = $state.raw<{ question: Question; servers: Server[] } | null>(null);

  open(question: Question, list: Server[]): void {
    this.about = { question, servers: list };
  }

  close = (): void => {
    this.about = null;
  };
}

export const asking = new Asking();

/** Do it and say only what went wrong; the row itself shows the rest. */
export async function doNow(server: Server, deed: Lifecycle): Promise<void> {
  try {
    await servers.act(server.id, deed);
  } catch (error) {
    toasts.say('bad', t(`machine.not.${deed}`, { name: server.name }), { line: brief(error) });
  }
}

const why = (server: Server, deed: Deed): string | false =>
  deedsOf(stateOf(server)).has(deed)
    ? false
    : t('machine.off', { state: t(`state.${stateOf(server).name}`).toLocaleLowerCase() });

/** What the menu of a machine offers, each with the reason when it cannot be. */
export function menuOf(server: Server): MenuItem[] {
  const one = [server];
  const power: MenuItem =
    stateOf(server).name === 'stopped'
      ? { label: t('start'), icon: 'play', run: () => void doNow(server, 'start') }
      : {
          label: t('stop.ask'),
          icon: 'power',
          off: why(server, 'stop'),
          run: () => asking.open('stop', one),
        };
  return [
    {
      label: t('console'),
      icon: 'console',
      off: why(server, 'console'),
      run: () => route.go(`/ui/machines/${server.id}/console`),
    },
    {
      label: t('reboot.ask'),
      icon: 'redo',
      off: why(server, 'reboot'),
      run: () => asking.open('reboot', one),
    },
    power,
    {
      label: t('rename.ask'),
      icon: 'pencil',
      rule: true,
      off: why(server, 'rename'),
      run: () => asking.open('rename', one),
    },
    {
      label: t('projects.moveto.ask'),
      icon: 'briefcase',
      off: why(server, 'move'),
      run: () => asking.open('move', one),
    },
    {
      label: t('delete.ask'),
      icon: 'trash',
      rule: true,
      danger: true,
      off: why(server, 'delete'),
      run: () => asking.open('delete', one),
    },
  ];
}
