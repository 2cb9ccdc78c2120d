import { addressOf, call, currentToken, take } from './call.ts';
import { send } from './send.ts';

export interface Container {
  name: string;
  count: number;
  bytes: number;
}

export interface Entry {
  name?: string;
  subdir?: string;
  bytes?: number;
  content_type?: string;
  last_modified?: string;
  hash?: string;
}

export interface Hashmap {
  bytes: number;
  hashes: string[];
  block_size?: number;
}

export const folderType = 'application/directory';
const pageSize = 5000;

/** Percent-encode an object's path, keeping its slashes. */
export const encodePath = (path: string): string =>
  path.split('/').map(encodeURIComponent).join('/');

const place = (container: string, path = ''): string =>
  `/${encodeURIComponent(container)}${path ? `/${encodePath(path)}` : ''}`;

export async function listContainers(): Promise<Container[]> {
  const answer = await take<Container[] | null>('object-store', '', { query: { format: 'json' } });
  return answer ?? [];
}

export async function createContainer(name: string): Promise<void> {
  await call('object-store', place(name), { method: 'PUT' });
}

export async function deleteContainer(name: string): Promise<void> {
  await call('object-store', place(name), { method: 'DELETE' });
}

/** List what is under a prefix, page by page; with a delimiter, one level only. */
export async function listEntries(
  container: string,
  prefix: string,
  delimiter?: string,
  onPage: (soFar: Entry[]) => void = () => {},
): Promise<Entry[]> {
  const all: Entry[] = [];
  let marker: string | undefined;
  for (;;) {
    const query = {
      format: 'json',
      prefix: prefix || undefined,
      delimiter,
      marker,
      limit: pageSize,
    };
    const page = (await take<Entry[] | null>('object-store', place(container), { query })) ?? [];
    all.push(...page);
    const last = page.at(-1);
    if (page.length < pageSize || !last) return all;
    onPage(all);
    marker = last.name ?? last.subdir;
  }
}

export async function createFolder(container: string, path: string): Promise<void> {
  await call('object-store', place(container, path), {
    method: 'PUT',
    headers: { 'Content-Type': folderType },
    body: '',
  });
}

export async function deleteObject(container: string, path: string): Promise<void> {
  await call('object-store', place(container, path), { method: 'DELETE', accept: [404] });
}

export async function blockSizeOf(container: string): Promise<number> {
  const answer = await call('object-store', place(container), { method: 'HEAD' });
  return Number(answer.headers.get('x-container-block-size')) || 4 * 1024 * 1024;
}

export async function readHashmap(container: string, path: string): Promise<Hashmap | null> {
  const query = { hashmap: '', format: 'json' };
  const answer = await take<Hashmap | null>('object-store', place(container, path), { query });
  return answer && Array.isArray(answer.hashes) ? answer : null;
}

/** Put an object by its hashes; the answer lists the blocks the store lacks. Spec: 8.2. */
export async function putHashmap(
  container: string,
  path: string,
  map: Hashmap,
  type: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const answer = await call<string[] | null>('object-store', place(container, path), {
    method: 'PUT',
    query: { hashmap: '', format: 'json' },
    json: { bytes: map.bytes, hashes: map.hashes },
    headers: { 'Content-Type': type || 'application/octet-stream' },
    accept: [409],
    signal,
  });
  return answer.status === 409 ? (answer.data ?? []) : [];
}

export interface Progress {
  onProgress?: (sent: number) => void;
  signal?: AbortSignal;
}

export async function postBlock(container: string, block: Blob, more: Progress): Promise<string> {
  const text = await send({
    method: 'POST',
    service: 'object-store',
    path: `${place(container)}?update&format=json`,
    body: block,
    headers: { 'Content-Type': 'application/octet-stream' },
    ...more,
  });
  return (JSON.parse(text) as string[])[0] ?? '';
}

export async function putObject(
  container: string,
  path: string,
  file: File,
  more: Progress,
): Promise<void> {
  await send({
    method: 'PUT',
    service: 'object-store',
    path: place(container, path),
    body: file,
    headers: { 'Content-Type': file.type || 'application/octet-stream' },
    ...more,
  });
}

/** Fetch an object as a blob; used for downloads up to a size a browser can hold. */
export async function readObject(container: string, path: string): Promise<Blob> {
  const response = await fetch(addressOf('object-store', place(container, path)), {
    headers: { 'X-Auth-Token': currentToken() },
  });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.blob();
}

/** Open an object as a stream, for saving it without holding it in memory. */
export async function openObject(
  container: string,
  path: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(addressOf('object-store', place(container, path)), {
    headers: { 'X-Auth-Token': currentToken() },
    signal,
  });
  if (!response.ok || !response.body) throw new Error(`${response.status}`);
  return response.body;
}
