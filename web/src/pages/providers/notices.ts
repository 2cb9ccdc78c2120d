import type { Methods } from '../../api/providers.ts';
import { type Key, t } from '../../words/words.svelte.ts';
import { said } from './said.ts';

const failed: [Key, string] = ['methods.notice.failed', 'ADD_FAILED'];
const sentences: Record<string, [Key, string]> = {
  added: ['methods.notice.added', 'ADDED'],
  switched: ['methods.notice.switched', 'SWITCHED'],
  own: ['methods.notice.own', ''],
  'in-use': ['methods.notice.inuse', 'ADD_EXISTS'],
};

/** Say what came of adding a method, from the address that the browser was sent back to. */
export function noticeOf(query: URLSearchParams, found: Methods) {
  const code = query.get('notice');
  if (!code) return null;
  const module = query.get('provider') ?? '';
  const known = [...found.methods, ...found.available].find((each) => each.module === module);
  const name = known?.title ?? module;
  const [words, key] = sentences[code] ?? failed;
  const good = code === 'added' || code === 'switched' || code === 'own';
  return {
    tone: good ? ('info' as const) : ('warn' as const),
    text: said(key, t(words, { name }), name),
  };
}
