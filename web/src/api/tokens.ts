import { take } from './call.ts';
import { Fault, readFault } from './faults.ts';

export interface AccessRule {
  id?: string;
  service: string;
  method: string;
  path: string;
}

export interface AppCredential {
  id: string;
  name: string;
  description: string;
  project_id: string;
  expires_at: string | null;
  unrestricted: boolean;
  roles: { id: string; name: string }[];
  access_rules?: AccessRule[];
  secret?: string;
}

export interface NewAppCredential {
  name: string;
  description?: string;
  expires_at?: string;
  roles?: { name: string }[];
  unrestricted?: boolean;
  access_rules?: AccessRule[];
}

export interface SignKey {
  access: string;
  secret: string;
  tenant_id: string;
}

/** Programs that sign in for a user and one project. Source: openstack-api 4.3. */
export const listAppCredentials = async (user: string) =>
  (
    await take<{ application_credentials: AppCredential[] }>(
      'identity',
      `/users/${user}/application_credentials`,
    )
  ).application_credentials;

export const createAppCredential = async (user: string, wish: NewAppCredential) =>
  (
    await take<{ application_credential: AppCredential }>(
      'identity',
      `/users/${user}/application_credentials`,
      { method: 'POST', json: { application_credential: wish } },
    )
  ).application_credential;

export const deleteAppCredential = (user: string, id: string) =>
  take<null>('identity', `/users/${user}/application_credentials/${id}`, { method: 'DELETE' });

/** Keys that sign requests, as EC2 and S3 have them. Source: openstack-api 4.2. */
export const listSignKeys = async (user: string) =>
  (await take<{ credentials: SignKey[] }>('identity', `/users/${user}/credentials/OS-EC2`))
    .credentials;

export const createSignKey = async (user: string, project: string) =>
  (
    await take<{ credential: SignKey }>('identity', `/users/${user}/credentials/OS-EC2`, {
      method: 'POST',
      json: { tenant_id: project },
    })
  ).credential;

export const deleteSignKey = (user: string, access: string) =>
  take<null>('identity', `/users/${user}/credentials/OS-EC2/${access}`, { method: 'DELETE' });

export interface Consent {
  client: string;
  client_name: string;
  redirect_uri: string;
  scope: string;
  state: string;
  csrf_token: string;
}

interface OAuthTrouble {
  exception?: string;
}

async function authorization(): Promise<string> {
  const answer = await fetch('/astakos/.well-known/oauth-authorization-server');
  if (!answer.ok) throw readFault(answer.status, await answer.text(), answer.headers);
  const told = (await answer.json()) as { authorization_endpoint: string };
  return new URL(told.authorization_endpoint).pathname;
}

async function oauth<T>(url: string, request: RequestInit): Promise<T> {
  const headers = { ...request.headers, Accept: 'application/json' };
  const answer = await fetch(url, { ...request, headers, redirect: 'error' });
  const text = await answer.text();
  if (!answer.ok) {
    const told = JSON.parse(text || '{}') as OAuthTrouble;
    throw new Fault(answer.status, 'oauth', told.exception ?? '');
  }
  return JSON.parse(text) as T;
}

/** What a client asks a person for. Source: identity 11.1. */
export const showConsent = async (query: URLSearchParams) =>
  oauth<Consent>(`${await authorization()}?${query}`, {});

/** Answer the client; tells where to go then. */
export async function answerConsent(
  query: URLSearchParams,
  csrf: string,
  decision: 'allow' | 'deny',
): Promise<string> {
  const form = new URLSearchParams(query);
  form.set('csrf_token', csrf);
  form.set('decision', decision);
  const place = await authorization();
  return (await oauth<{ location: string }>(place, { method: 'POST', body: form })).location;
}
