import { own } from '../api/own.ts';
import { answerOf, type Puzzle } from '../api/puzzle.ts';

/** Search in a worker, so that the page goes on answering. */
function searched(puzzle: Puzzle): Promise<number | null> {
  const worker = new Worker(new URL('../api/puzzle.worker.ts', import.meta.url), {
    type: 'module',
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  worker.onmessage = (event: MessageEvent<number | null>) => resolve(event.data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage(puzzle);
  return promise.finally(() => worker.terminate());
}

/** Solve one puzzle against robots; about a second, nobody has to see anything. */
export async function solvePuzzle(): Promise<string> {
  const puzzle = await own<Puzzle>('GET', '/captcha');
  const number = await searched(puzzle);
  if (number === null) throw new Error('The puzzle has no solution.');
  return answerOf(puzzle, number);
}
