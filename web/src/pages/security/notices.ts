import type { Offer } from '../../api/security.ts';
import { type Key, t } from '../../words/words.svelte.ts';
import { said } from '../providers/said.ts';

export interface Notice {
  tone: 'info' | 'warn';
  text: string;
}

const sentences: Record<string, Key> = {
  unavailable: 'gate.notice.unavailable',
  cancelled: 'gate.notice.cancelled',
  lost: 'gate.notice.lost',
  often: 'providers.notice.often',
  'signed-up': 'providers.notice.signedup',
  refused: 'gate.notice.refused',
  'no-account': 'gate.notice.noaccount',
  'create-disabled': 'gate.notice.createdisabled',
  'login-disabled': 'gate.notice.logindisabled',
  unverified: 'gate.state.unverified',
  pending: 'gate.state.pending',
  rejected: 'gate.state.rejected',
  inactive: 'gate.state.disabled',
};

/** Keys under which operators may word them. */
const keys: Record<string, string> = {
  cancelled: 'AUTHENTICATION_FAILED',
  refused: 'AUTHENTICATION_FAILED',
  unavailable: 'NOT_ACTIVE',
  'no-account': 'INVALID_LOGIN',
  'create-disabled': 'NOT_ACTIVE_FOR_CREATE',
  'login-disabled': 'LOGIN_DISABLED',
  unverified: 'PENDING_ACTIVATION',
  pending: 'PENDING_MODERATION',
  inactive: 'ACCOUNT_INACTIVE',
};

/** Say what a provider's answer came to, from the address that the browser was sent back to. */
export function noticeOf(query: URLSearchParams, offers: Offer[]): Notice | null {
  const code = query.get('notice');
  if (!code) return query.get('key') ? { tone: 'info', text: t('gate.notice.key') } : null;
  const module = query.get('provider') ?? '';
  const name = offers.find((each) => each.module === module)?.title ?? module;
  const ours = t(sentences[code] ?? 'gate.notice.other', { name });
  return { tone: 'warn', text: said(keys[code] ?? '', ours, name) };
}
