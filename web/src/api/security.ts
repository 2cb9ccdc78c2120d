import type { Entered } from './identity.ts';
import { own } from './own.ts';

export interface Passkey {
  id: number;
  name: string;
  domain: string;
  added_at: string;
  used_at: string | null;
}

export interface Security {
  password: {
    is_set: boolean;
    may_be_set: boolean;
    changed_at: string | null;
    expires_at: string | null;
    min_length: number;
    ends_tokens: boolean;
  };
  app: { added_at: string; used_at: string | null } | null;
  passkeys: Passkey[];
  recovery_codes_left: number;
  is_factor_required: boolean;
  confirmed_until: string | null;
}

export interface OpenSession {
  id: string;
  method: string;
  address: string;
  last_address: string;
  agent: string;
  began_at: string;
  seen_at: string;
  expires_at: string;
  is_current: boolean;
}

export interface AppToSetUp {
  secret: string;
  link: string;
  picture: string;
}

export interface Codes {
  recovery_codes: string[];
}

export interface Asked {
  key: string;
  options: Record<string, unknown>;
}

export interface Answer {
  key: string;
  response: unknown;
}

export interface Act {
  id: number;
  at: string;
  act: string;
  actor: { id: string; name: string; kind: string };
  subject: { id: string; name: string; kind: string };
  address: string;
  agent: string;
  facts: Record<string, unknown>;
}

export interface Offer {
  module: string;
  kind: string;
  title: string;
  can_sign_in: boolean;
  can_sign_up: boolean;
  messages: Record<string, string>;
}

export const listOffers = () => own<{ providers: Offer[] }>('GET', '/methods/offered');
export const signInByDirectory = (username: string, password: string, captcha = '') =>
  own<Entered | { url: string }>('POST', '/login/ldap', { username, password, captcha });

export const giveCode = (code: string) => own<Entered>('POST', '/session/code', { code });
export const askPasskey = (purpose: 'sign-in' | 'factor') =>
  own<Asked>('POST', '/session/passkey/question', { purpose });
export const signInByPasskey = (answer: Answer) =>
  own<Entered>('POST', '/session/passkey', answer);
export const givePasskey = (answer: Answer) =>
  own<Entered>('POST', '/session/passkey/factor', answer);
export const enrolApp = () => own<AppToSetUp>('POST', '/session/app', {});
export const confirmEnrol = (code: string) =>
  own<{ entered: Entered; recovery_codes: string[] }>('POST', '/session/app/confirm', { code });
export const giveNewPassword = (password: string) =>
  own<Entered>('POST', '/session/password', { password });

export interface Proof {
  password?: string;
  code?: string;
  passkey?: Answer;
}
export const confirmSelf = (proof: Proof) =>
  own<{ seconds: number }>('POST', '/session/confirm', proof);
export const askToConfirm = () => own<Asked>('POST', '/session/confirm/question', {});

export const listSessions = () => own<{ sessions: OpenSession[] }>('GET', '/sessions');
export const endSession = (id: string) => own<null>('DELETE', `/sessions/${id}`);
export const endOtherSessions = () => own<{ ended: number }>('DELETE', '/sessions');

export const showSecurity = () => own<Security>('GET', '/security');
export const changePassword = (password: string, old: string, endTokens: boolean) =>
  own<null>('POST', '/security/password', { password, old, end_tokens: endTokens });
export const beginApp = () => own<AppToSetUp>('POST', '/security/app', {});
export const confirmApp = (code: string) => own<Codes>('POST', '/security/app/confirm', { code });
export const removeApp = () => own<null>('DELETE', '/security/app');
export const askNewPasskey = () => own<Asked>('POST', '/security/passkeys/question', {});
export const addPasskey = (answer: Answer, name: string) =>
  own<{ passkey: Passkey } & Codes>('POST', '/security/passkeys', { answer, name });
export const renamePasskey = (id: number, name: string) =>
  own<Passkey>('PATCH', `/security/passkeys/${id}`, { name });
export const removePasskey = (id: number) => own<null>('DELETE', `/security/passkeys/${id}`);
export const renewCodes = () => own<Codes>('POST', '/security/recovery-codes', {});
export const listOwnActs = () => own<{ entries: Act[] }>('GET', '/audit?limit=20');

export const askForLink = (email: string, captcha = '') =>
  own<null>('POST', '/password-reset', { email, captcha });
export const ownerOfLink = (key: string) =>
  own<{ email: string; min_length: number }>('POST', '/password-reset/owner', { key });
export const setByLink = (key: string, password: string) =>
  own<null>('POST', '/password-reset/password', { key, password });
