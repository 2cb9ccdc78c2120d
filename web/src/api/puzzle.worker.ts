import { type Puzzle, search } from './puzzle.ts';

self.onmessage = (event: MessageEvent<Puzzle>) => self.postMessage(search(event.data));
