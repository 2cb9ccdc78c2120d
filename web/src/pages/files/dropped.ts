import type { Picked } from '../../state/uploads.svelte.ts';

export const picked = (files: FileList | null): Picked[] =>
  [...(files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/** All files of a drop, folders gone through, each with its path inside the drop. */
export async function dropped(transfer: DataTransfer): Promise<Picked[]> {
  const roots = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (roots.length === 0) return picked(transfer.files);
  const lists = await Promise.all(roots.map((root) => walk(root)));
  return lists.flat();
}

async function walk(entry: FileSystemEntry): Promise<Picked[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return found;
    for (const each of batch) found.push(...(await walk(each)));
  }
}
