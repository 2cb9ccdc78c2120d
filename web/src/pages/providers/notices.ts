import type { Methods } from '../../api/providers.ts';
import { type Key, t } from '../../words/words.svelte.ts';

const sentences: Record<string, Key> = {
  added: 'methods.notice.added',
  switched: 'methods.notice.switched',
  own: 'methods.notice.own',
  'in-use': 'methods.notice.inuse',
};

/** Say what came of adding a method, from the address that the browser was sent back to. */
export function noticeOf(query: URLSearchParams, found: Methods) {
  const code = query.get('notice');
  if (!code) return null;
  const module = query.get('provider') ?? '';
  const known = [...found.methods, ...found.available].find((each) => each.module === module);
  const good = code === 'added' || code === 'switched' || code === 'own';
  return {
    tone: good ? ('info' as const) : ('warn' as const),
    text: t(sentences[code] ?? 'methods.notice.failed', { name: known?.title ?? module }),
  };
}
