import type { HashingNews, HashingTask } from './hashing.worker.ts';
import { blockSizeOf, postBlock, putHashmap, putObject } from './objects.ts';

export type Phase = 'hashing' | 'asking' | 'sending';

export interface UploadTask {
  container: string;
  path: string;
  file: File;
  signal: AbortSignal;
  onNews: (news: { phase: Phase; done: number; total: number; fresh?: number }) => void;
}

const rounds = 5;
const atOnce = 3;

/** Hashing needs a secure page (https or this machine itself). */
export const canHash = (): boolean => globalThis.crypto?.subtle !== undefined;

/** Put a file: small or on an insecure page in one piece, else only the blocks that are new. */
export async function upload(task: UploadTask): Promise<void> {
  const blockSize = canHash() ? await blockSizeOf(task.container) : Number.POSITIVE_INFINITY;
  if (task.file.size <= blockSize) await sendWhole(task);
  else await sendNew(task, blockSize);
}

async function sendWhole({ container, path, file, signal, onNews }: UploadTask): Promise<void> {
  const total = file.size;
  onNews({ phase: 'sending', done: 0, total });
  const onProgress = (done: number) => onNews({ phase: 'sending', done, total });
  await putObject(container, path, file, { onProgress, signal });
}

async function sendNew(task: UploadTask, blockSize: number): Promise<void> {
  const { container, path, file, signal, onNews } = task;
  const hashes = await hashInWorker(file, blockSize, signal, (done) =>
    onNews({ phase: 'hashing', done, total: file.size }),
  );
  const map = { bytes: file.size, hashes };
  for (let round = 0; round < rounds; round += 1) {
    onNews({ phase: 'asking', done: file.size, total: file.size });
    const missing = await putHashmap(container, path, map, file.type, signal);
    if (missing.length === 0) return;
    await sendBlocks(task, blockSize, placesOf(missing, hashes));
  }
  throw new Error('The store kept asking for the same blocks.');
}

/** Find where each missing block first lies in the file. */
export function placesOf(missing: string[], hashes: string[]): Map<string, number> {
  const first = new Map<string, number>();
  hashes.forEach((hash, index) => {
    if (!first.has(hash)) first.set(hash, index);
  });
  return new Map(
    missing.flatMap((hash) => (first.has(hash) ? [[hash, first.get(hash) ?? 0]] : [])),
  );
}

async function sendBlocks(
  { container, file, signal, onNews }: UploadTask,
  blockSize: number,
  places: Map<string, number>,
): Promise<void> {
  const queue = [...places];
  const parts = queue.map(([, index]) => sizeOf(file, index, blockSize));
  const total = parts.reduce((sum, size) => sum + size, 0);
  const sent = new Map<string, number>();
  const tell = () => {
    const done = [...sent.values()].reduce((sum, size) => sum + size, 0);
    onNews({ phase: 'sending', done, total, fresh: places.size });
  };
  const carry = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [hash, index] = next;
      const block = file.slice(index * blockSize, (index + 1) * blockSize);
      const onProgress = (done: number) => {
        sent.set(hash, done);
        tell();
      };
      const name = await postBlock(container, block, { onProgress, signal });
      if (name !== hash) throw new Error('The file changed while it was being sent.');
      onProgress(block.size);
    }
  };
  tell();
  await Promise.all(Array.from({ length: atOnce }, carry));
}

const sizeOf = (file: File, index: number, blockSize: number): number =>
  Math.min(blockSize, file.size - index * blockSize);

function hashInWorker(
  file: File,
  blockSize: number,
  signal: AbortSignal,
  onBlock: (done: number) => void,
): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const worker = new Worker(new URL('./hashing.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = (event: MessageEvent<HashingNews>) => {
    if ('done' in event.data) onBlock(event.data.done);
    else if ('hashes' in event.data) resolve(event.data.hashes);
    else reject(new Error(event.data.failed));
  };
  worker.onerror = (event) => reject(new Error(event.message));
  signal.addEventListener('abort', () => reject(new DOMException('Stopped', 'AbortError')));
  const task: HashingTask = { file, blockSize };
  worker.postMessage(task);
  return promise.finally(() => worker.terminate());
}
