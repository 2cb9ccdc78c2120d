import type { IconName } from '../../parts/icons.ts';

export type Preview = 'image' | 'video' | 'audio' | 'pdf' | 'text' | '';

const code = /\.(py|js|ts|c|h|rs|go|sh|json|ya?ml|html?|css|xml|toml|ini|conf|sql|svelte)$/;
const words = /\.(txt|md|csv|tsv|log|rst|tex)$/;
const pictures: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  svg: 'image/svg+xml',
  bmp: 'image/bmp',
};

const lower = (name: string): string => name.toLowerCase();
const ending = (name: string): string => lower(name).split('.').at(-1) ?? '';

export function iconOf(name: string, type: string): IconName {
  const kind = `${type} ${lower(name)}`;
  if (/^image\//.test(kind)) return 'image';
  if (/^video\//.test(kind)) return 'video';
  if (/zip|tar|gz|zst|xz|7z/.test(kind)) return 'archive';
  if (/\.(csv|xlsx?|ods|tsv)$/.test(kind)) return 'sheet';
  if (code.test(kind)) return 'code';
  if (/^text\/|pdf|\.(md|txt|docx?|odt)$/.test(kind)) return 'fileText';
  return 'file';
}

/** How a file can be shown here, if it can. */
export function previewOf(name: string, type: string): Preview {
  if (ending(name) in pictures || /^image\/(png|jpeg|gif|webp|avif|svg)/.test(type))
    return 'image';
  if (/^video\//.test(type) || /\.(mp4|webm|ogv|mov)$/.test(lower(name))) return 'video';
  if (/^audio\//.test(type) || /\.(mp3|ogg|oga|wav|flac|m4a|opus)$/.test(lower(name)))
    return 'audio';
  if (type === 'application/pdf' || ending(name) === 'pdf') return 'pdf';
  if (/^text\//.test(type) || code.test(lower(name)) || words.test(lower(name))) return 'text';
  return /^application\/(json|xml|x-yaml|javascript)/.test(type) ? 'text' : '';
}

/** The type that a preview is given: never one that runs scripts on this site. */
export function safeType(preview: Preview, name: string, type: string): string {
  if (preview === 'image') return pictures[ending(name)] ?? type;
  if (preview === 'pdf') return 'application/pdf';
  if (preview === 'text') return 'text/plain';
  return /^(video|audio)\//.test(type) ? type : `${preview}/${ending(name)}`;
}

export const isDisk = (name: string): boolean =>
  /\.(img|raw|diskdump|qcow2|vmdk|vhd|iso)$/i.test(name);
