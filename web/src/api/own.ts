import { currentToken, refused } from './call.ts';
import { Fault, readFault } from './faults.ts';

const root = '/astakos/ui';

/** Call the interface's own services: with the header that no other site can send. */
export async function own<T>(method: string, path: string, json?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'X-Requested-With': 'synnefo' };
  const token = currentToken();
  if (token) headers['X-Auth-Token'] = token;
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  const body = json === undefined ? null : JSON.stringify(json);
  const response = await fetch(root + path, { method, headers, body }).catch(() => {
    throw new Fault(0, 'offline', '');
  });
  const text = await response.text();
  if (!response.ok) {
    if (response.status === 401 && token) refused();
    throw readFault(response.status, text, response.headers);
  }
  return (text ? JSON.parse(text) : null) as T;
}
