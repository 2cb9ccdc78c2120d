import {
  copyObject,
  deleteObject,
  type Entry,
  folderType,
  type Hashmap,
  listEntries,
  putHashmap,
  readHashmap,
} from '../api/objects.ts';
import { Live } from './live.svelte.ts';

export interface Item {
  name: string;
  path: string;
  isFolder: boolean;
  bytes: number;
  changed: string;
  type: string;
}

/** Make one row per folder or file of a level; a marker and a prefix of one name are one folder. */
export function itemsOf(entries: Entry[], prefix: string): Item[] {
  const rows = new Map<string, Item>();
  for (const entry of entries) {
    const path = (entry.name ?? entry.subdir ?? '').replace(/\/+$/, '');
    const name = path.slice(prefix.length);
    if (!name) continue;
    const isFolder = entry.subdir !== undefined || isFolderType(entry.content_type);
    const known = rows.get(path);
    if (known?.isFolder && isFolder) {
      known.changed ||= entry.last_modified ?? '';
      continue;
    }
    const key = isFolder ? path : `${path}\n`;
    rows.set(key, {
      name,
      path,
      isFolder,
      bytes: entry.bytes ?? 0,
      changed: entry.last_modified ?? '',
      type: entry.content_type ?? '',
    });
  }
  return [...rows.values()];
}

const isFolderType = (type = ''): boolean =>
  type === folderType || type === 'application/folder' || type.startsWith(`${folderType};`);

/** Folders first, then names as people sort them. */
export function sorted(items: Item[], by: 'name' | 'size' | 'changed', down: boolean): Item[] {
  const order = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  const compare: Record<typeof by, (a: Item, b: Item) => number> = {
    name: (a, b) => order.compare(a.name, b.name),
    size: (a, b) => a.bytes - b.bytes || order.compare(a.name, b.name),
    changed: (a, b) => a.changed.localeCompare(b.changed) || order.compare(a.name, b.name),
  };
  const sign = down ? -1 : 1;
  return [...items].sort(
    (a, b) => Number(b.isFolder) - Number(a.isFolder) || sign * compare[by](a, b),
  );
}

/** The level of a container that is on the screen. */
class Level {
  container = $state('');
  prefix = $state('');
  live = new Live<Item>(
    async () => {
      if (!this.container) return [];
      return itemsOf(await listEntries(this.container, this.prefix, '/'), this.prefix);
    },
    (item) => `${item.path}${item.isFolder ? '/' : ''}`,
  );

  show(container: string, prefix: string): void {
    if (container === this.container && prefix === this.prefix) return;
    this.container = container;
    this.prefix = prefix;
    void this.live.restart();
  }
}

export const level = new Level();

/** Everything under these items, folders' markers last so that a folder empties first. */
export async function insides(container: string, items: Item[]): Promise<Entry[]> {
  const all: Entry[] = [];
  for (const item of items) {
    if (!item.isFolder) {
      all.push({ name: item.path, bytes: item.bytes, content_type: item.type });
      continue;
    }
    all.push(...(await listEntries(container, `${item.path}/`)));
    all.push({ name: item.path, bytes: 0, content_type: folderType });
  }
  return all;
}

export interface Kept {
  path: string;
  type: string;
  map: Hashmap;
}

/** Delete files one by one; answers what is needed to bring them back. */
export async function removeWithUndo(container: string, items: Item[]): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const item of items) {
    const map = await readHashmap(container, item.path).catch(() => null);
    await deleteObject(container, item.path);
    if (map) kept.push({ path: item.path, type: item.type, map });
  }
  return kept;
}

export async function bringBack(container: string, kept: Kept[]): Promise<void> {
  for (const { path, type, map } of kept) {
    const missing = await putHashmap(container, path, map, type);
    if (missing.length > 0) throw new Error(path);
  }
}

/** Run one job per entry, a few at a time. */
export async function forEachOf<T>(
  entries: T[],
  atOnce: number,
  job: (entry: T) => Promise<void>,
): Promise<void> {
  const queue = [...entries];
  const carry = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await job(next);
  };
  await Promise.all(Array.from({ length: atOnce }, carry));
}

export async function removeAll(container: string, entries: Entry[]): Promise<void> {
  const names = entries.flatMap((entry) => (entry.name ? [entry.name] : []));
  await forEachOf(names, 6, (name) => deleteObject(container, name));
}

/** Rename a file, or a folder with everything in it, by copy and delete. */
export async function rename(container: string, item: Item, path: string): Promise<void> {
  const entries = await insides(container, [item]);
  await forEachOf(entries, 4, async (entry) => {
    const from = entry.name ?? '';
    const to = path + from.slice(item.path.length);
    const made = await copyObject(container, from, to).then(
      () => true,
      (error) => {
        if (entry.content_type === folderType && entry.bytes === 0) return false;
        throw error;
      },
    );
    if (made) await deleteObject(container, from);
  });
}
