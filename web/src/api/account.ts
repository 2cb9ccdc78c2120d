import type { Entered } from './identity.ts';
import { own } from './own.ts';

export interface SiteMessage {
  level: 'success' | 'info' | 'warning' | 'error';
  html: string;
}

export interface Site {
  name: string;
  url: string;
  version: string;
  company: string;
  company_url: string;
  support: string;
  logo_url: string;
  copyright: string;
  footer: string;
  can_sign_up: boolean;
  shows_sign_up: boolean;
  has_terms: boolean;
  has_invitations: boolean;
  has_email_change: boolean;
  forces_profile: boolean;
  client_url: string;
  cloud_name: string;
  login_success_url: string;
  logout_next: string;
  profile_links: Record<string, string>;
  messages: Record<'login' | 'signup' | 'profile' | 'global', SiteMessage[]>;
  overrides: Record<string, string>;
}

export const showSite = () => own<Site>('GET', '/site');

export interface Captcha {
  kind: 'altcha' | 'recaptcha' | 'none';
  public_key: string;
  script_url: string;
  options: Record<string, string>;
}

export interface Known {
  provider: string;
  email: string;
  first_name: string;
  last_name: string;
  forced: string[];
  replaces_unverified: boolean;
}

export interface SignUpForm {
  by_password: boolean;
  password_min_length: number;
  terms: number | null;
  captcha: Captcha;
  known: Known | null;
  invited: { email: string; realname: string; inviter: string } | null;
  invitation_problem: string;
}

export interface NewAccount {
  email: string;
  password: string;
  first_name: string;
  last_name: string;
  terms: number | null;
  captcha: string;
  code: string;
  third_party_token: string;
  language: string;
  next: string;
}

export interface Progress {
  result: 'pending_verification' | 'pending_moderation' | 'accepted' | 'rejected';
  next: string;
  session: Entered | null;
}

export const showSignUp = (code: string, third_party_token: string) =>
  own<SignUpForm>('POST', '/sign-up/form', { code, third_party_token });
export const signUp = (account: NewAccount) => own<Progress>('POST', '/sign-up', account);
export const confirmAddress = (code: string, password: string) =>
  own<Progress>('POST', '/activation', { code, password });
export const sendAgain = (email: string, captcha: string) =>
  own<null>('POST', '/activation/again', { email, captcha });

export interface Terms {
  id: number;
  date: string;
  html: string;
  is_latest: boolean;
}

export const showTerms = (id = '') =>
  own<Terms>('GET', id ? `/terms/${encodeURIComponent(id)}` : '/terms');
export const signTerms = (terms: number) => own<null>('POST', '/session/terms', { terms });

export interface Profile {
  id: string;
  email: string;
  first_name: string;
  last_name: string;
  language: string;
  forced: string[];
  joined: string;
  has_seen_profile: boolean;
  can_change_email: boolean;
  pending_email: string;
  required_methods: string[];
  invitations: number;
  signed_terms: string | null;
}

export type ProfileChange = Partial<Pick<Profile, 'first_name' | 'last_name' | 'language'>>;

export const showProfile = () => own<Profile>('GET', '/account');
export const changeProfile = (change: ProfileChange) => own<Profile>('PATCH', '/account', change);
export const askEmailChange = (email: string) => own<Profile>('POST', '/account/email', { email });
export const cancelEmailChange = () => own<Profile>('DELETE', '/account/email');
export const confirmEmailChange = (key: string) =>
  own<{ email: string }>('POST', '/email-change', { key });

export interface Invitations {
  left: number;
  sent: { email: string; realname: string; is_used: boolean; sent: string }[];
}

export const listInvitations = () => own<Invitations>('GET', '/invitations');
export const invite = (email: string, realname: string) =>
  own<Invitations>('POST', '/invitations', { email, realname });

export interface PersonalToken {
  id: string;
  expires_at: string | null;
}

export const renewToken = () => own<{ token: PersonalToken }>('POST', '/token', {});

export const sendFeedback = (feedback_msg: string, feedback_data: string) =>
  own<null>('POST', '/feedback', { feedback_msg, feedback_data });
