import type { Entry } from '../../api/objects.ts';

export interface Share {
  name: string;
  bytes: number;
  files: number;
  isFolder: boolean;
}

export interface Box extends Share {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Sum up what is under a prefix by its next level; the small rest becomes one share. */
export function sharesOf(entries: Entry[], prefix: string, most: number, rest: string): Share[] {
  const sums = new Map<string, Share>();
  for (const entry of entries) {
    const name = entry.name ?? '';
    if (!name.startsWith(prefix)) continue;
    const [first = '', ...deeper] = name.slice(prefix.length).split('/');
    const found = sums.get(first) ?? { name: first, bytes: 0, files: 0, isFolder: false };
    found.bytes += entry.bytes ?? 0;
    found.files += entry.bytes || deeper.length === 0 ? 1 : 0;
    found.isFolder ||= deeper.length > 0;
    sums.set(first, found);
  }
  const all = [...sums.values()].filter((each) => each.bytes > 0);
  all.sort((a, b) => b.bytes - a.bytes);
  const total = all.reduce((sum, each) => sum + each.bytes, 0);
  const large = all.filter((each) => each.bytes * 100 >= total).slice(0, most - 1);
  const small = all.slice(large.length);
  if (small.length < 2) return all;
  const sum = (pick: (each: Share) => number) =>
    small.reduce((total, each) => total + pick(each), 0);
  const other = { name: rest, bytes: sum((e) => e.bytes), files: sum((e) => e.files) };
  return [...large, { ...other, isFolder: false }];
}

/** Cut a square of 100 by 100 into boxes as large as their shares, the largest first. */
export function boxesOf(shares: Share[]): Box[] {
  return cut(shares, { x: 0, y: 0, w: 100, h: 100 });
}

function cut(shares: Share[], room: { x: number; y: number; w: number; h: number }): Box[] {
  const [only] = shares;
  if (!only) return [];
  if (shares.length === 1) return [{ ...only, ...room }];
  const total = shares.reduce((sum, each) => sum + each.bytes, 0);
  let count = 0;
  let part = 0;
  while (
    count < shares.length - 1 &&
    (count === 0 || part + (shares[count]?.bytes ?? 0) / 2 < total / 2)
  ) {
    part += shares[count]?.bytes ?? 0;
    count += 1;
  }
  const ratio = part / total;
  const [first, second] = [shares.slice(0, count), shares.slice(count)];
  if (room.w >= room.h) {
    const w = room.w * ratio;
    return [
      ...cut(first, { ...room, w }),
      ...cut(second, { ...room, x: room.x + w, w: room.w - w }),
    ];
  }
  const h = room.h * ratio;
  return [
    ...cut(first, { ...room, h }),
    ...cut(second, { ...room, y: room.y + h, h: room.h - h }),
  ];
}
