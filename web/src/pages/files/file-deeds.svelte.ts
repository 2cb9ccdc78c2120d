import { registerImage } from '../../api/image.ts';
import { encodePath, listEntries, openObject, readObject } from '../../api/objects.ts';
import { transfer } from '../../api/shelf.ts';
import { saveBlob } from '../../parts/save.ts';
import { type Item, insides, itemsOf, level, removeAll } from '../../state/files.svelte.ts';
import { nameOfFile } from '../../state/image-work.svelte.ts';
import { containers } from '../../state/kinds.svelte.ts';
import { route } from '../../state/route.svelte.ts';
import { session } from '../../state/session.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { besideName } from '../../state/uploads.svelte.ts';
import { brief } from '../../words/reasons.ts';
import { t } from '../../words/words.svelte.ts';
import { restore, type Thrown, throwAway, trash, undoThrow } from './bin.ts';

/** Above this a file is written to the disk as it comes, where the browser can. */
const streamFrom = 256 * 2 ** 20;

interface SaveWindow {
  showSaveFilePicker?: (wish: { suggestedName: string }) => Promise<{
    createWritable: () => Promise<WritableStream<Uint8Array>>;
  }>;
}

/** What can be done with files, and the question that is open about them. */
class FileDeeds {
  namingContainer = $state(false);
  deleting = $state.raw<{ container: string; items: Item[] } | null>(null);
  renaming = $state.raw<{ container: string; item: Item } | null>(null);
  sharing = $state.raw<{ container: string; item: Item } | null>(null);
  placing = $state.raw<{ container: string; items: Item[]; isMove: boolean } | null>(null);

  async download(container: string, items: Item[]): Promise<void> {
    for (const item of items.filter((each) => !each.isFolder)) {
      await save(container, item).catch((error) => {
        if (error instanceof DOMException && error.name === 'AbortError') return;
        toasts.say('bad', t('files.notdownloaded', { name: item.name }), { line: brief(error) });
      });
    }
  }

  /** Make an image of a disk file that is already here. */
  async makeImage(container: string, item: Item): Promise<void> {
    const name = nameOfFile(item.name);
    const place = encodePath(`${container}/${item.path}`);
    try {
      await registerImage(name, `pithos://${session.project.id}/${place}`);
      const action = { label: t('open'), run: () => route.go('/ui/images') };
      toasts.say('ok', t('images.added', { name }), { action });
    } catch (error) {
      toasts.say('bad', t('images.not', { name }), { line: brief(error) });
    }
  }

  /** Everything goes to the trash, and from there for good once that was asked. */
  async remove(container: string, items: Item[]): Promise<void> {
    if (container === trash) {
      this.deleting = { container, items };
      return;
    }
    const name = nameOf(items);
    try {
      const thrown = await throwAway(container, items);
      const action = { label: t('undo'), run: () => void this.#undo(thrown) };
      toasts.say('ok', t('trash.thrown', { name }), { action });
    } catch (error) {
      toasts.say('bad', t('files.notdeleted', { name }), { line: brief(error) });
    }
    refresh();
  }

  async restore(items: Item[]): Promise<void> {
    const name = nameOf(items);
    try {
      await restore(items);
      toasts.say('ok', t('trash.restored', { name }));
    } catch (error) {
      toasts.say('bad', t('files.notback'), { line: brief(error) });
    }
    refresh();
  }

  /** Move or copy to a folder; what has a name there already gets another. */
  async place(container: string, prefix: string): Promise<void> {
    const wish = this.placing;
    if (!wish) return;
    const there = itemsOf(await listEntries(container, prefix, '/'), prefix);
    const taken = new Set(there.map((each) => each.path));
    for (const { name, path, isFolder } of wish.items) {
      let to = prefix + name;
      while (taken.has(to)) to = besideName(to);
      taken.add(to);
      const from = { container: wish.container, path };
      await transfer({ from, to: { container, path: to }, isFolder, isMove: wish.isMove });
    }
    const words = { name: nameOf(wish.items), place: `${container}/${prefix}` };
    toasts.say('ok', t(wish.isMove ? 'move.done' : 'copy.done', words));
    refresh();
  }

  async removeForGood({ container, items }: { container: string; items: Item[] }): Promise<void> {
    await removeAll(container, await insides(container, items));
    toasts.say('ok', t('files.deleted', { name: items.map((item) => item.name).join(', ') }));
    refresh();
  }

  async #undo(thrown: Thrown[]): Promise<void> {
    try {
      await undoThrow(thrown);
    } catch (error) {
      toasts.say('bad', t('files.notback'), { line: brief(error) });
    }
    refresh();
  }
}

const nameOf = (items: Item[]): string =>
  items.length === 1 ? (items[0]?.name ?? '') : t('files.items', { n: items.length });

function refresh(): void {
  level.stamp = '';
  void level.live.refresh();
  void containers.refresh();
}

async function save(container: string, item: Item): Promise<void> {
  const pick = (window as unknown as SaveWindow).showSaveFilePicker;
  if (item.bytes < streamFrom || !pick) {
    return saveBlob(item.name, await readObject(container, item.path));
  }
  const target = await pick({ suggestedName: item.name });
  const stop = new AbortController();
  const source = await openObject(container, item.path, stop.signal);
  await source.pipeTo(await target.createWritable());
}

export const fileDeeds = new FileDeeds();
