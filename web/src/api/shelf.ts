import { addressOf, call, currentProject, currentToken, take } from './call.ts';
import { isFault } from './faults.ts';
import { createFolder, type Entry, encodePath } from './objects.ts';

/** Where an object is: its account, container and path. Source: object-storage 2.2. */
export interface Spot {
  account?: string;
  container: string;
  path: string;
}

export interface Facts {
  version: string;
  bytes: number;
  type: string;
  modified: string;
  by: string;
  sharing: string;
  sharedBy: string;
  publicUrl: string;
  mayWrite: boolean;
}

export interface OldVersion {
  version: string;
  moment: string;
}

const accountOf = (spot: { account?: string }): string =>
  `/${encodeURIComponent(spot.account ?? currentProject())}`;

const inside = (container: string, path = ''): string =>
  `/${encodeURIComponent(container)}${path ? `/${encodePath(path)}` : ''}`;

const pathOf = (spot: Spot): string => accountOf(spot) + inside(spot.container, spot.path);

const header = (headers: Headers, name: string): string => {
  const value = headers.get(name) ?? '';
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

/** Tell everything about an object, or about one of its versions. */
export async function readFacts(spot: Spot, version?: string): Promise<Facts> {
  const { headers } = await call('shelves', pathOf(spot), { method: 'HEAD', query: { version } });
  return {
    version: headers.get('x-object-version') ?? '',
    bytes: Number(headers.get('content-length') ?? 0),
    type: headers.get('content-type') ?? '',
    modified: headers.get('last-modified') ?? '',
    by: header(headers, 'x-object-modified-by'),
    sharing: header(headers, 'x-object-sharing'),
    sharedBy: header(headers, 'x-object-shared-by'),
    publicUrl: headers.get('x-object-public') ?? '',
    mayWrite: headers.get('x-object-allowed-to') !== 'read',
  };
}

/** List an object's versions, the newest first. */
export async function listVersions(spot: Spot): Promise<OldVersion[]> {
  const answer = await take<{ versions: [number, number | string][] }>('shelves', pathOf(spot), {
    query: { version: 'list', format: 'json' },
  });
  return answer.versions
    .map(([serial, seconds]) => ({
      version: String(serial),
      moment: new Date(Number(seconds) * 1000).toISOString(),
    }))
    .reverse();
}

export async function restoreVersion(spot: Spot, version: string): Promise<void> {
  await call('shelves', pathOf(spot), {
    method: 'PUT',
    headers: { 'X-Copy-From': inside(spot.container, spot.path), 'X-Source-Version': version },
  });
}

export interface Transfer {
  from: Spot;
  to: Spot;
  isFolder: boolean;
  isMove: boolean;
}

/**
 * Move or copy a file, or a folder with all that is in it; a folder may lack its marker.
 * No body is sent: with one the browser would name a type, and the file would take it.
 */
export async function transfer(wish: Transfer): Promise<void> {
  try {
    await transferOnce(wish);
  } catch (error) {
    if (!wish.isFolder || wish.from.account || !isFault(error, 404)) throw error;
    await createFolder(wish.from.container, wish.from.path);
    await transferOnce(wish);
  }
}

async function transferOnce({ from, to, isFolder, isMove }: Transfer): Promise<void> {
  const headers: Record<string, string> = {
    [isMove ? 'X-Move-From' : 'X-Copy-From']: inside(from.container, from.path),
  };
  if (from.account) headers['X-Source-Account'] = from.account;
  const query = { delimiter: isFolder ? '/' : undefined };
  await call('shelves', pathOf(to), { method: 'PUT', headers, query });
}

export async function writeSharing(spot: Spot, sharing: string): Promise<void> {
  const headers = { 'X-Object-Sharing': sharing || '~' };
  await call('shelves', pathOf(spot), { method: 'POST', headers, query: { update: '' } });
}

export async function setPublic(spot: Spot, on: boolean): Promise<string> {
  const headers = { 'X-Object-Public': String(on) };
  await call('shelves', pathOf(spot), { method: 'POST', headers, query: { update: '' } });
  return (await readFacts(spot)).publicUrl;
}

/** Read a file as a blob of a type that we choose: the service's word runs no scripts here. */
export async function readBlob(
  spot: Spot,
  more: { type: string; version?: string; most?: number },
) {
  const headers: Record<string, string> = { 'X-Auth-Token': currentToken() };
  if (more.most) headers.Range = `bytes=0-${more.most - 1}`;
  const address = addressOf('shelves', pathOf(spot), { version: more.version });
  const response = await fetch(address, { headers });
  if (!response.ok && response.status !== 416) throw new Error(`${response.status}`);
  const content = response.status === 416 ? new Blob() : await response.blob();
  return new Blob([content], { type: more.type });
}

/** The accounts that share something with me. */
export async function listSharers(): Promise<string[]> {
  const answer = await take<{ name: string }[] | null>('shelves', '/', {
    query: { format: 'json' },
  });
  return (answer ?? []).map((each) => each.name);
}

export async function listTheirContainers(account: string): Promise<string[]> {
  const answer = await take<{ name: string }[] | null>('shelves', accountOf({ account }), {
    query: { format: 'json' },
  });
  return (answer ?? []).map((each) => each.name);
}

/** One level of somebody's container, as far as it is shared with me. */
export async function listTheirs(spot: Spot): Promise<Entry[]> {
  const query = { format: 'json', prefix: spot.path || undefined, delimiter: '/', limit: 10000 };
  const path = accountOf(spot) + inside(spot.container);
  return (await take<Entry[] | null>('shelves', path, { query })) ?? [];
}

/** All of a container that I share or publish. */
export async function listSharedByMe(container: string): Promise<Entry[]> {
  const path = accountOf({}) + inside(container);
  const ask = (key: string) =>
    take<Entry[] | null>('shelves', path, { query: { format: 'json', [key]: '', limit: 10000 } });
  const found = [...((await ask('shared')) ?? []), ...((await ask('public')) ?? [])];
  return [...new Map(found.map((each) => [each.name, each])).values()];
}

/** What changes whenever anything in a container does; empty while that cannot be told yet. */
export async function stampOf(container: string): Promise<string> {
  const { headers } = await call('shelves', accountOf({}) + inside(container), { method: 'HEAD' });
  const changed = headers.get('last-modified') ?? '';
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(changed);
  if (!(age > 2000)) return '';
  const totals = ['object-count', 'bytes-used'].map((each) => headers.get(`x-container-${each}`));
  return [changed, ...totals].join(' ');
}

export async function ensureContainer(name: string): Promise<void> {
  await call('shelves', accountOf({}) + inside(name), { method: 'PUT' });
}

const groupHeader = 'x-account-group-';

export type Groups = Record<string, string[]>;

export async function readGroups(): Promise<Groups> {
  const { headers } = await call('shelves', accountOf({}), { method: 'HEAD' });
  const groups: Groups = {};
  headers.forEach((value, name) => {
    if (name.startsWith(groupHeader)) {
      const members = decodeURIComponent(value).split(',').filter(Boolean);
      groups[decodeURIComponent(name.slice(groupHeader.length)).toLowerCase()] = members;
    }
  });
  return groups;
}

/** Set a group's members; a group without members is gone. */
export async function writeGroup(name: string, members: string[]): Promise<void> {
  const headers = { [`X-Account-Group-${name}`]: members.join(',') || '~' };
  await call('shelves', accountOf({}), { method: 'POST', headers, query: { update: '' } });
}

const catalog = <T>(json: Record<string, string[]>) =>
  take<T>('account', '/user_catalogs', { method: 'POST', json });

/** User names by id; who is unknown is left out. */
export async function namesOf(ids: string[]): Promise<Record<string, string>> {
  if (ids.length === 0) return {};
  const answer = await catalog<{ uuid_catalog: Record<string, string> }>({ uuids: ids });
  return answer.uuid_catalog;
}

export async function idOf(name: string): Promise<string | undefined> {
  const answer = await catalog<{ displayname_catalog: Record<string, string> }>({
    displaynames: [name],
  });
  return answer.displayname_catalog[name];
}

const keyHeader = 'X-Account-Meta-Temp-URL-Key';

/** Make an address that opens one file until a moment, for who has no account. Source: 18.2. */
export async function timedLink(spot: Spot, seconds: number): Promise<string> {
  const swift = new URL(
    addressOf('object-store', inside(spot.container, spot.path)),
    location.href,
  );
  const until = Math.floor(Date.now() / 1000) + seconds;
  const text = `GET\n${until}\n${decodeURIComponent(swift.pathname)}`;
  const signature = await sign(await linkKey(), text);
  swift.search = new URLSearchParams({
    temp_url_sig: signature,
    temp_url_expires: String(until),
  }).toString();
  return swift.href;
}

async function linkKey(): Promise<string> {
  const { headers } = await call('object-store', '', { method: 'HEAD' });
  const known = headers.get(keyHeader);
  if (known) return known;
  const made = crypto.randomUUID() + crypto.randomUUID();
  await call('object-store', '', { method: 'POST', headers: { [keyHeader]: made } });
  return made;
}

async function sign(key: string, text: string): Promise<string> {
  const coder = new TextEncoder();
  const method = { name: 'HMAC', hash: 'SHA-256' };
  const ready = await crypto.subtle.importKey('raw', coder.encode(key), method, false, ['sign']);
  const made = await crypto.subtle.sign('HMAC', ready, coder.encode(text));
  return Array.from(new Uint8Array(made), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
