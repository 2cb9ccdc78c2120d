import { type CatalogEntry, take } from './call.ts';
import { Fault, readFault } from './faults.ts';

export interface SessionAnswer {
  user: { id: string; name: string; email: string; is_admin: boolean };
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

const place = '/astakos/ui/session';

async function session(method: string, json?: unknown): Promise<SessionAnswer | null> {
  const headers: Record<string, string> = { 'X-Requested-With': 'synnefo' };
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(place, {
      method,
      headers,
      body: json === undefined ? null : JSON.stringify(json),
    });
  } catch {
    throw new Fault(0, 'offline', '');
  }
  const text = await response.text();
  if (!response.ok) throw readFault(response.status, text, response.headers);
  return text ? (JSON.parse(text) as SessionAnswer) : null;
}

export const signIn = (username: string, password: string) =>
  session('POST', { username, password }) as Promise<SessionAnswer>;

export const resume = () => session('GET') as Promise<SessionAnswer>;

export const signOut = () => session('DELETE');

export const listQuotas = () => take<Quotas>('account', '/quotas');
