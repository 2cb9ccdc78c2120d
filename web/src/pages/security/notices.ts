import type { Offer } from '../../api/security.ts';
import { type Key, t } from '../../words/words.svelte.ts';

export interface Notice {
  tone: 'info' | 'warn';
  text: string;
}

const sentences: Record<string, Key> = {
  unavailable: 'gate.notice.unavailable',
  cancelled: 'gate.notice.cancelled',
  lost: 'gate.notice.lost',
  refused: 'gate.notice.refused',
  'no-account': 'gate.notice.noaccount',
  'create-disabled': 'gate.notice.createdisabled',
  'login-disabled': 'gate.notice.logindisabled',
  unverified: 'gate.state.unverified',
  pending: 'gate.state.pending',
  rejected: 'gate.state.rejected',
  inactive: 'gate.state.disabled',
};

/** Say what a provider's answer came to, from the address that the browser was sent back to. */
export function noticeOf(query: URLSearchParams, offers: Offer[]): Notice | null {
  const code = query.get('notice');
  if (!code) return query.get('key') ? { tone: 'info', text: t('gate.notice.key') } : null;
  const module = query.get('provider') ?? '';
  const name = offers.find((each) => each.module === module)?.title ?? module;
  return { tone: 'warn', text: t(sentences[code] ?? 'gate.notice.other', { name }) };
}
