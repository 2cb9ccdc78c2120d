import { own } from '../api/own.ts';
import { brief } from '../words/reasons.ts';
import { t } from '../words/words.svelte.ts';
import { type Place, route } from './route.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** Once somebody is in: add the method that was carried along, go where they wanted to go. */
export async function afterEntry(place: Place): Promise<void> {
  const key = place.query.get('key');
  const next = place.query.get('next');
  if (place.name !== 'overview' || !(key || next || place.query.has('notice'))) return;
  route.go('/ui/', true);
  if (key) await addCarried(key);
  const target = next ? inside(next) : null;
  if (target?.pathname.startsWith('/ui/')) route.go(target.pathname + target.search, true);
  else if (target) location.replace(target);
}

async function addCarried(key: string): Promise<void> {
  try {
    await own('POST', '/methods', { key });
    toasts.say('ok', t('gate.added'));
  } catch (error) {
    toasts.say('bad', t('gate.notadded'), { line: brief(error) });
  }
}

/** Answer an address of this site, or nothing: a link must not lead people elsewhere. */
export function inside(next: string): URL | null {
  if (!URL.canParse(next, location.origin)) return null;
  const target = new URL(next, location.origin);
  return target.origin === location.origin ? target : null;
}
