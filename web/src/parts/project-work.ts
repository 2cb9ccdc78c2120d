import { scope } from '../state/scope.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { brief } from '../words/reasons.ts';
import { t } from '../words/words.svelte.ts';
import { nameOf } from './project.ts';

/** Work in a project from now on, and say so. */
export async function work(project: { id: string; name: string }): Promise<void> {
  try {
    await scope.choose(project.id);
    toasts.say('ok', t('projects.work.done', { name: nameOf(project) }));
  } catch (error) {
    toasts.say('bad', t('projects.switch.failed'), { line: brief(error) });
  }
}
