import { listEntries } from '../../api/objects.ts';
import { ensureContainer, transfer } from '../../api/shelf.ts';
import { type Item, itemsOf } from '../../state/files.svelte.ts';
import { besideName } from '../../state/uploads.svelte.ts';

/** The container that deleted files go to; it keeps their former places as paths. */
export const trash = 'trash';

export interface Thrown {
  container: string;
  from: string;
  to: string;
  isFolder: boolean;
}

const level = async (container: string, prefix: string): Promise<Set<string>> =>
  new Set(itemsOf(await listEntries(container, prefix, '/'), prefix).map((each) => each.path));

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

function free(path: string, taken: Set<string>): string {
  let wanted = path;
  while (taken.has(wanted)) wanted = besideName(wanted);
  taken.add(wanted);
  return wanted;
}

/** Put things into the trash; answers where each is now. */
export async function throwAway(container: string, items: Item[]): Promise<Thrown[]> {
  await ensureContainer(trash);
  const done: Thrown[] = [];
  const first = items[0];
  if (!first) return done;
  const taken = await level(trash, `${container}/${parent(first.path)}`);
  for (const { path, isFolder } of items) {
    const to = free(`${container}/${path}`, taken);
    const from = { container, path };
    await transfer({ from, to: { container: trash, path: to }, isFolder, isMove: true });
    done.push({ container, from: path, to, isFolder });
  }
  return done;
}

export async function undoThrow(thrown: Thrown[]): Promise<void> {
  for (const { container, from, to, isFolder } of thrown) {
    await transfer({
      from: { container: trash, path: to },
      to: { container, path: from },
      isFolder,
      isMove: true,
    });
  }
}

/** Bring things of the trash back to where they were, beside what has their place now. */
export async function restore(items: Item[]): Promise<void> {
  for (const item of items) {
    const [container = '', ...rest] = item.path.split('/');
    if (rest.length === 0) {
      const inside = itemsOf(await listEntries(trash, `${container}/`, '/'), `${container}/`);
      await restore(inside);
      continue;
    }
    await ensureContainer(container);
    const path = rest.join('/');
    const to = free(path, await level(container, parent(path)));
    const from = { container: trash, path: item.path };
    await transfer({ from, to: { container, path: to }, isFolder: item.isFolder, isMove: true });
  }
}
