import { session } from '../state/session.svelte.ts';
import { t } from '../words/words.svelte.ts';

/** The project in use, as people call it; one's own project carries one's own name. */
export function project(): { name: string; kind: string; phrase: string } {
  const { id, name } = session.project;
  const own = id === session.user.id || name === '' || name === id;
  const short = session.shownName.split('@')[0] ?? '';
  return {
    name: own ? short : name,
    kind: own ? t('project.own') : t('project'),
    phrase: own ? t('project.yours') : name,
  };
}

/** What a project is called in a list: one's own goes by one's own name. */
export const nameOf = (each: { name: string }): string =>
  each.name || (session.shownName.split('@')[0] ?? '');
