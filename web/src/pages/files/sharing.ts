/** Who may read and who may write, as the storage writes it. Source: object-storage 10.1. */
export interface Access {
  holder: string;
  writes: boolean;
}

export const everybody = '*';

export function parseSharing(text: string): Access[] {
  const found = new Map<string, boolean>();
  for (const part of text.split(';')) {
    const [kind, holders = ''] = part.trim().split('=');
    for (const holder of holders.split(',').map((each) => each.trim())) {
      if (holder) found.set(holder, found.get(holder) || kind === 'write');
    }
  }
  return [...found].map(([holder, writes]) => ({ holder, writes }));
}

export function writtenSharing(all: Access[]): string {
  const list = (writes: boolean) =>
    all.filter((each) => each.writes === writes).map((each) => each.holder);
  const parts = [
    ['read', list(false)],
    ['write', list(true)],
  ] as const;
  return parts
    .filter(([, holders]) => holders.length > 0)
    .map(([kind, holders]) => `${kind}=${holders.join(',')}`)
    .join(';');
}

/** `owner:group` is a group; the owner's part is not shown. */
export const groupOf = (holder: string): string =>
  holder.includes(':') ? holder.slice(holder.indexOf(':') + 1) : '';
