import { sha256 } from './sha256.ts';

export interface Puzzle {
  algorithm: string;
  challenge: string;
  salt: string;
  signature: string;
  maxnumber: number;
}

/** Find the number whose digest the service asks for; null when there is none. */
export function search(puzzle: Puzzle): number | null {
  const bytes = new TextEncoder();
  for (let number = 0; number <= puzzle.maxnumber; number++) {
    if (sha256(bytes.encode(puzzle.salt + number)) === puzzle.challenge) return number;
  }
  return null;
}

/** Write a solution as the service reads it. */
export function answerOf(puzzle: Puzzle, number: number): string {
  const { algorithm, challenge, salt, signature } = puzzle;
  return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
}
