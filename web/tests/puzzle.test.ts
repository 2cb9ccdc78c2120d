import { expect, test } from 'vitest';
import { answerOf, search } from '../src/api/puzzle.ts';
import { sha256 } from '../src/api/sha256.ts';

async function right(data: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])('a digest of %i bytes is right', async (length) => {
  const data = Uint8Array.from({ length }, (_, at) => (at * 7) % 256);
  expect(sha256(data)).toBe(await right(data));
});

test('the number of a puzzle is found and written as the service reads it', async () => {
  const salt = '0a1b?expires=1&';
  const challenge = await right(new TextEncoder().encode(`${salt}421`));
  const puzzle = { algorithm: 'SHA-256', challenge, salt, signature: 's', maxnumber: 500 };
  expect(search(puzzle)).toBe(421);
  expect(search({ ...puzzle, maxnumber: 420 })).toBeNull();
  expect(JSON.parse(atob(answerOf(puzzle, 421)))).toMatchObject({ number: 421, salt, challenge });
});
