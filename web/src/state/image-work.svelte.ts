import { createImage, deleteImage, fillImage, type NewImage } from '../api/image.ts';
import { images } from './kinds.svelte.ts';

export interface ImageUpload {
  id: number;
  name: string;
  size: number;
  done: number;
  failed: unknown;
}

/** Images on their way up; they outlive the dialog that started them. */
class ImageWork {
  all = $state.raw<ImageUpload[]>([]);
  #stops = new Map<number, AbortController>();
  #next = 1;

  /** Make the image record, send the data, and take the record away if that fails. */
  async start(image: NewImage, file: File): Promise<void> {
    const id = this.#next++;
    const stop = new AbortController();
    this.#stops.set(id, stop);
    this.all = [...this.all, { id, name: image.name, size: file.size, done: 0, failed: null }];
    let made = '';
    try {
      made = (await createImage(image)).id;
      await fillImage(made, file, (done) => this.#change(id, { done }), stop.signal);
      this.dismiss(id);
    } catch (error) {
      if (made) await deleteImage(made).catch(() => null);
      if (stop.signal.aborted) return;
      this.#change(id, { failed: error });
      throw error;
    } finally {
      void images.refresh();
    }
  }

  stop(id: number): void {
    this.#stops.get(id)?.abort();
    this.dismiss(id);
  }

  dismiss(id: number): void {
    this.#stops.delete(id);
    this.all = this.all.filter((each) => each.id !== id);
  }

  #change(id: number, change: Partial<ImageUpload>): void {
    this.all = this.all.map((each) => (each.id === id ? { ...each, ...change } : each));
  }
}

export const imageWork = new ImageWork();

/** Tell the format of a disk image by its first bytes. */
export async function formatOf(file: Blob): Promise<string> {
  const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const text = String.fromCharCode(...head);
  if (text.startsWith('QFI\xfb')) return 'qcow2';
  if (text.startsWith('KDMV')) return 'vmdk';
  if (text.startsWith('conectix')) return 'vhd';
  return 'raw';
}

/** debian-13-genericcloud-amd64.qcow2 becomes debian-13-genericcloud-amd64. */
export const nameOfFile = (name: string): string =>
  name.replace(/\.(qcow2|img|raw|vmdk|vhd|diskdump|iso)$/i, '');
