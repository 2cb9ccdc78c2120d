import { type CatalogEntry, take } from './call.ts';
import { own } from './own.ts';

export interface SessionAnswer {
  user: { id: string; name: string; email: string; is_admin: boolean; has_signed_terms?: boolean };
  token: { id: string; expires_at: string };
  project: { id: string; name: string };
  catalog: CatalogEntry[];
}

export interface Holding {
  limit: number;
  usage: number;
  pending: number;
  project_limit: number;
  project_usage: number;
  project_pending: number;
}

/** Project, then resource, then what is held of it. Source: identity 8.2. */
export type Quotas = Record<string, Record<string, Holding>>;

/** A sign-in that waits for another step. */
export interface Waiting {
  step: 'second-factor' | 'enrol' | 'new-password';
  kinds: ('totp' | 'passkey' | 'recovery')[];
}

export type Entered = SessionAnswer | Waiting;

export const signIn = (username: string, password: string, captcha = '') =>
  own<Entered>('POST', '/session', { username, password, captcha });

export const resume = () => own<Entered>('GET', '/session');

export const signOut = () => own<null>('DELETE', '/session');

export const listQuotas = () => take<Quotas>('account', '/quotas');
