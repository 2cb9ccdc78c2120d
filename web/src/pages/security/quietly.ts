import { NotConfirmed } from '../../state/confirming.svelte.ts';
import { isCancelled } from '../../state/passkeys.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { brief } from '../../words/reasons.ts';
import { t } from '../../words/words.svelte.ts';

/** Do something; say what failed, but not when somebody only changed their mind. */
export async function quietly(deed: () => Promise<void>): Promise<void> {
  try {
    await deed();
  } catch (error) {
    if (error instanceof NotConfirmed || isCancelled(error)) return;
    toasts.say('bad', t('fault.refused'), { line: brief(error) });
  }
}
