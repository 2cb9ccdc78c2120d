import { deleteObject, type Entry, folderType, listEntries } from '../api/objects.ts';
import { stampOf, transfer } from '../api/shelf.ts';
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
  /** What the container was like when it was last listed; a folder that is the same stays. */
  stamp = '';
  live: Live<Item> = new Live<Item>(
    async (): Promise<Item[]> => {
      const { container, prefix } = this;
      if (!container) return [];
      const now = await stampOf(container);
      if (now && now === this.stamp && this.live.ready) return this.live.items;
      const begin = (soFar: Entry[]) => {
        if (this.live.ready || this.container !== container || this.prefix !== prefix) return;
        this.live.items = itemsOf(soFar, prefix);
        this.live.ready = true;
      };
      const all = itemsOf(await listEntries(container, prefix, '/', begin), prefix);
      this.stamp = now;
      return all;
    },
    (item) => `${item.path}${item.isFolder ? '/' : ''}`,
  );

  show(container: string, prefix: string): void {
    if (container === this.container && prefix === this.prefix) return;
    this.container = container;
    this.prefix = prefix;
    this.stamp = '';
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

/** Rename a file, or a folder with everything in it. */
export async function rename(container: string, item: Item, path: string): Promise<void> {
  const from = { container, path: item.path };
  await transfer({ from, to: { container, path }, isFolder: item.isFolder, isMove: true });
}
