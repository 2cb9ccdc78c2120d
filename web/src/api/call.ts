import { Fault, readFault } from './faults.ts';

export type Service =
  | 'identity'
  | 'account'
  | 'ui'
  | 'operators'
  | 'compute'
  | 'image'
  | 'network'
  | 'object-store'
  | 'shelves';

export interface CatalogEntry {
  type: string;
  name?: string;
  endpoints: { interface?: string; url: string; region?: string }[];
}

/** The compute microversion this interface was written for. Source: openstack-api 6.1. */
export const computeVersion = '2.79';

const wellKnown: Record<Service, (project: string) => string> = {
  identity: () => '/astakos/identity/v3',
  account: () => '/astakos/account/v1.0',
  ui: () => '/astakos/ui',
  operators: () => '/astakos/ui/operators',
  compute: () => '/cyclades/compute/v2.1',
  image: () => '/cyclades/image/v2',
  network: () => '/cyclades/network/v2.0',
  'object-store': (project) => `/pithos/v1/AUTH_${project}`,
  shelves: () => '/pithos/v1',
};

const holder = {
  token: '',
  roots: {} as Record<string, string>,
  project: '',
  refused: () => {},
};

/** Use this token and catalogue from now on; the token lives in memory only. */
export function useCredentials(token: string, project: string, catalog: CatalogEntry[]): void {
  holder.token = token;
  holder.project = project;
  holder.roots = rootsOf(project, catalog);
}

export function dropCredentials(): void {
  holder.token = '';
  holder.roots = {};
}

/** Run when a service answers 401 to a token that it had accepted. */
export function whenRefused(run: () => void): void {
  holder.refused = run;
}

/** Tell that a token which had been accepted is refused. */
export const refused = (): void => holder.refused();

export const currentToken = (): string => holder.token;

/** The project whose things are asked for; its id names its storage account too. */
export const currentProject = (): string => holder.project;

export function rootOf(service: Service): string {
  if (service === 'shelves') return rootOf('object-store').replace(/\/[^/]*$/, '');
  return holder.roots[service] ?? wellKnown[service](holder.project);
}

/** Choose a root per service: the catalogue's, by path when it names a path of this host. */
export function rootsOf(project: string, catalog: CatalogEntry[]): Record<string, string> {
  const roots: Record<string, string> = {};
  for (const service of Object.keys(wellKnown) as Service[]) {
    const known = wellKnown[service](project);
    const stem = `/${known.split('/')[1]}/`;
    for (const entry of catalog.filter((each) => each.type === service)) {
      const url = publicUrl(entry);
      const path = url ? pathOf(url) : '';
      if (path.startsWith(stem)) roots[service] = known;
      else if (url) roots[service] ??= url;
    }
  }
  return roots;
}

function publicUrl(entry: CatalogEntry): string {
  const found = entry.endpoints.find((each) => (each.interface ?? 'public') === 'public');
  return (found?.url ?? '').replace(/\/+$/, '');
}

function pathOf(url: string): string {
  try {
    return new URL(url, 'http://here.invalid').pathname;
  } catch {
    return '';
  }
}

export interface Ask {
  method?: string;
  json?: unknown;
  body?: BodyInit | null;
  headers?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  signal?: AbortSignal;
  accept?: number[];
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  data: T;
}

export function addressOf(service: Service, path: string, query: Ask['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  const tail = search.toString();
  return rootOf(service) + path + (tail ? `?${tail}` : '');
}

export function headersOf(service: Service, extra: Record<string, string> = {}): Headers {
  const headers = new Headers({ Accept: 'application/json', ...extra });
  if (holder.token) headers.set('X-Auth-Token', holder.token);
  if (service === 'compute') headers.set('X-OpenStack-Nova-API-Version', computeVersion);
  return headers;
}

/** Ask a service once; faults are thrown as `Fault`, a dead network as status 0. */
export async function call<T>(service: Service, path: string, ask: Ask = {}): Promise<Answer<T>> {
  const headers = headersOf(service, ask.headers);
  let body = ask.body ?? null;
  if (ask.json !== undefined) {
    headers.set('Content-Type', headers.get('Content-Type') ?? 'application/json');
    body = JSON.stringify(ask.json);
  }
  const request: RequestInit = { method: ask.method ?? 'GET', headers, body };
  if (ask.signal) request.signal = ask.signal;
  const response = await reach(addressOf(service, path, ask.query), request);
  if (!response.ok && !ask.accept?.includes(response.status)) {
    if (response.status === 401) holder.refused();
    throw readFault(response.status, await response.text(), response.headers);
  }
  return { status: response.status, headers: response.headers, data: await content<T>(response) };
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Fault(0, 'offline', '');
  }
}

async function content<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!text) return null as T;
  const kind = response.headers.get('content-type') ?? '';
  if (!kind.includes('json')) return text as T;
  return JSON.parse(text) as T;
}

/** Ask and keep only the data. */
export async function take<T>(service: Service, path: string, ask: Ask = {}): Promise<T> {
  return (await call<T>(service, path, ask)).data;
}
