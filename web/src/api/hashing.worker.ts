import { nameBlocks } from './blocks.ts';

export interface HashingTask {
  file: Blob;
  blockSize: number;
}

export type HashingNews = { done: number } | { hashes: string[] } | { failed: string };

const post = (news: HashingNews) => self.postMessage(news);

self.onmessage = async (event: MessageEvent<HashingTask>) => {
  try {
    const { file, blockSize } = event.data;
    post({ hashes: await nameBlocks(file, blockSize, (done) => post({ done })) });
  } catch (error) {
    post({ failed: error instanceof Error ? error.message : String(error) });
  }
};
