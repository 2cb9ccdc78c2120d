import { registerImage } from '../api/image.ts';
import { encodePath, openObject, readObject } from '../api/objects.ts';
import { saveBlob } from '../parts/save.ts';
import {
  bringBack,
  type Item,
  insides,
  level,
  removeAll,
  removeWithUndo,
} from '../state/files.svelte.ts';
import { nameOfFile } from '../state/image-work.svelte.ts';
import { containers } from '../state/kinds.svelte.ts';
import { route } from '../state/route.svelte.ts';
import { session } from '../state/session.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { brief } from '../words/reasons.ts';
import { t } from '../words/words.svelte.ts';

/** Above this a file is written to the disk as it comes, where the browser can. */
const streamFrom = 256 * 2 ** 20;
const mostWithUndo = 50;

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

  /** Files go at once and can be brought back; folders are asked about first. */
  async remove(container: string, items: Item[]): Promise<void> {
    if (items.length > mostWithUndo || items.some((item) => item.isFolder)) {
      this.deleting = { container, items };
      return;
    }
    const named = items.length === 1 ? items[0]?.name : t('files.files', { n: items.length });
    try {
      const kept = await removeWithUndo(container, items);
      const run = () => void this.#bringBack(container, kept);
      const action = kept.length === items.length ? { label: t('undo'), run } : undefined;
      toasts.say('ok', t('files.deleted', { name: named ?? '' }), action ? { action } : {});
    } catch (error) {
      toasts.say('bad', t('files.notdeleted', { name: named ?? '' }), { line: brief(error) });
    }
    refresh();
  }

  async removeForGood({ container, items }: { container: string; items: Item[] }): Promise<void> {
    await removeAll(container, await insides(container, items));
    toasts.say('ok', t('files.deleted', { name: items.map((item) => item.name).join(', ') }));
    refresh();
  }

  async #bringBack(container: string, kept: Parameters<typeof bringBack>[1]): Promise<void> {
    try {
      await bringBack(container, kept);
    } catch (error) {
      toasts.say('bad', t('files.notback'), { line: brief(error) });
    }
    refresh();
  }
}

function refresh(): void {
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
