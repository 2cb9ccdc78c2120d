import { call, currentToken, rootOf, take } from './call.ts';
import { readFault } from './faults.ts';
import { send } from './send.ts';

export interface Image {
  id: string;
  name: string;
  status: string;
  visibility: string;
  owner: string | null;
  size: number | null;
  min_disk: number;
  min_ram: number;
  disk_format: string | null;
  created_at: string;
  updated_at: string;
  protected?: boolean;
  os_distro?: string;
  os_version?: string;
  os_type?: string;
  os_admin_user?: string;
  [property: string]: unknown;
}

export interface NewImage {
  name: string;
  disk_format: string;
  min_disk?: number;
  os_distro?: string;
  os_admin_user?: string;
}

/** List all images, page by page. */
export async function listImages(): Promise<Image[]> {
  const all: Image[] = [];
  let marker: string | undefined;
  for (;;) {
    const answer = await take<{ images: Image[]; next?: string }>('image', '/images', {
      query: { limit: 200, marker },
    });
    all.push(...answer.images);
    const last = answer.images.at(-1);
    if (!answer.next || !last || last.id === marker) return all;
    marker = last.id;
  }
}

export const createImage = (image: NewImage) =>
  take<Image>('image', '/images', {
    method: 'POST',
    json: { container_format: 'bare', visibility: 'private', ...image },
  });

/** Make an image of a file in the object store, without sending it again. Spec: compute 6.2. */
export async function registerImage(name: string, location: string): Promise<void> {
  const root = rootOf('image').replace(/\/v2$/, '/v1.0');
  const response = await fetch(`${root}/images/`, {
    method: 'POST',
    headers: {
      'X-Auth-Token': currentToken(),
      'X-Image-Meta-Name': encodeURIComponent(name),
      'X-Image-Meta-Location': location,
    },
  });
  if (!response.ok) throw readFault(response.status, await response.text(), response.headers);
}

export async function fillImage(
  id: string,
  file: Blob,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  await send({
    method: 'PUT',
    service: 'image',
    path: `/images/${id}/file`,
    body: file,
    headers: { 'Content-Type': 'application/octet-stream' },
    onProgress,
    signal,
  });
}

export async function deleteImage(id: string): Promise<void> {
  await call('image', `/images/${id}`, { method: 'DELETE' });
}

export async function renameImage(id: string, name: string): Promise<void> {
  await call('image', `/images/${id}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/openstack-images-v2.1-json-patch' },
    json: [{ op: 'replace', path: '/name', value: name }],
  });
}
