import { isFault } from '../api/faults.ts';
import { type Phase, upload } from '../api/upload.ts';

export type Stage = 'waiting' | 'clash' | Phase | 'done' | 'failed';

export interface Upload {
  id: number;
  name: string;
  container: string;
  path: string;
  size: number;
  stage: Stage;
  done: number;
  total: number;
  fresh: number | null;
  started: number;
  error: unknown;
}

interface Wish {
  container: string;
  prefix: string;
  taken: Set<string>;
}

export interface Picked {
  file: File;
  /** Where it lay in the dropped folder, with slashes. */
  path: string;
}

const atOnce = 2;

/** The tray: files on their way; it outlives the page that started them. */
class Uploads {
  all = $state.raw<Upload[]>([]);
  folded = $state(false);
  paused = $state(false);
  onArrival: (container: string) => void = () => {};
  #files = new Map<number, { file: File; stop: AbortController }>();
  #next = 1;
  #running = 0;

  get active(): Upload[] {
    return this.all.filter((each) => !['done', 'failed', 'clash'].includes(each.stage));
  }

  /** Share of all bytes that are through, 0 to 100. */
  get percent(): number {
    const total = this.all.reduce((sum, each) => sum + (each.total || 1), 0);
    const done = this.all.reduce(
      (sum, each) => sum + (each.stage === 'done' ? each.total || 1 : each.done),
      0,
    );
    return total === 0 ? 0 : Math.min(100, Math.round((100 * done) / total));
  }

  add(picked: Picked[], { container, prefix, taken }: Wish): void {
    const fresh = picked.map(({ file, path }): Upload => {
      const id = this.#next++;
      this.#files.set(id, { file, stop: new AbortController() });
      return {
        id,
        name: path,
        container,
        path: prefix + path,
        size: file.size,
        stage: taken.has(path) ? 'clash' : 'waiting',
        done: 0,
        total: file.size,
        fresh: null,
        started: 0,
        error: null,
      };
    });
    this.all = [...this.all, ...fresh];
    this.folded = false;
    this.#fill();
  }

  /** Answer a clash: put a new version, or keep both under a free name. */
  settle(id: number, keepBoth: boolean): void {
    const found = this.all.find((each) => each.id === id);
    if (!found) return;
    const path = keepBoth ? besideName(found.path) : found.path;
    this.#change(id, { stage: 'waiting', path });
    this.#fill();
  }

  /** Stop what is on its way; blocks that have arrived are not sent again. */
  pause(): void {
    this.paused = true;
    for (const { id, stage } of this.active) {
      const held = this.#files.get(id);
      if (!held || stage === 'waiting') continue;
      held.stop.abort();
      held.stop = new AbortController();
    }
  }

  resume(): void {
    this.paused = false;
    this.#fill();
  }

  retry(id: number): void {
    const held = this.#files.get(id);
    if (!held) return;
    held.stop = new AbortController();
    this.#change(id, { stage: 'waiting', error: null, done: 0 });
    this.#fill();
  }

  stop(id: number): void {
    this.#files.get(id)?.stop.abort();
    this.#files.delete(id);
    this.all = this.all.filter((each) => each.id !== id);
  }

  clear(): void {
    for (const { id } of this.all) this.stop(id);
  }

  #change(id: number, change: Partial<Upload>): void {
    this.all = this.all.map((each) => (each.id === id ? { ...each, ...change } : each));
  }

  #fill(): void {
    while (!this.paused && this.#running < atOnce) {
      const next = this.all.find((each) => each.stage === 'waiting');
      if (!next) return;
      this.#running += 1;
      void this.#carry(next).finally(() => {
        this.#running -= 1;
        this.#fill();
      });
    }
  }

  async #carry({ id, container, path }: Upload): Promise<void> {
    const held = this.#files.get(id);
    if (!held) return;
    this.#change(id, { stage: 'hashing', started: Date.now() });
    try {
      const onNews: Parameters<typeof upload>[0]['onNews'] = ({ phase, done, total, fresh }) =>
        this.#change(id, { stage: phase, done, total, fresh: fresh ?? null });
      await upload({ container, path, file: held.file, signal: held.stop.signal, onNews });
      this.#change(id, { stage: 'done' });
      this.#files.delete(id);
      this.onArrival(container);
    } catch (error) {
      if (isStop(error)) {
        if (this.#files.has(id)) this.#change(id, { stage: 'waiting' });
        return;
      }
      this.#change(id, { stage: 'failed', error });
    }
  }
}

const isStop = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

/** notes.txt becomes notes (2).txt, next to the one that is there. */
export function besideName(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  const dot = path.indexOf('.', slash + 1);
  const end = dot > slash ? dot : path.length;
  const stem = path.slice(0, end);
  const numbered = /^(.*) \((\d+)\)$/.exec(stem);
  const next = numbered ? `${numbered[1]} (${Number(numbered[2]) + 1})` : `${stem} (2)`;
  return next + path.slice(end);
}

export const uploads = new Uploads();

/** A sentence-worthy reason: no room is said apart. */
export const isNoRoom = (error: unknown): boolean => isFault(error, 413, 507);
