import { createServer, type Flavor } from '../api/compute.ts';
import type { Image } from '../api/image.ts';
import {
  flavors,
  images,
  isBoundless,
  keys,
  networks,
  projectRooms,
  type ResourceName,
  type Room,
} from '../state/kinds.svelte.ts';
import { recall, remember } from '../state/looks.svelte.ts';
import { nextName, servers } from '../state/servers.svelte.ts';
import { session } from '../state/session.svelte.ts';

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

export const isPublic = (network: { 'router:external': boolean; shared: boolean }): boolean =>
  network['router:external'] || network.shared;

/** A network with no subnet gives no address; a name with none is left out of the choice. */
export const isMine = (image: Image): boolean => image.owner === session.project.id;

/** What is being asked for, with defaults that already make a good machine. */
export class Draft {
  #name = $state('');
  #image = $state('');
  #flavor = $state(recall('new.flavor', ''));
  #public = $state<string | null>(null);
  privates = $state<string[]>([]);
  #key = $state<string | null>(null);
  script = $state('');
  tags = $state<{ key: string; value: string }[]>([]);

  readonly suggested = $derived(
    nextName(
      servers.all.map((each) => each.name),
      'machine',
    ),
  );

  get name() {
    return this.#name || this.suggested;
  }
  get typedName() {
    return this.#name;
  }
  set typedName(name: string) {
    this.#name = name;
  }

  readonly images = $derived(images.items.filter((each) => each.status === 'active'));
  readonly image = $derived(
    this.images.find((each) => each.id === this.#image) ??
      this.images.find((each) => each.id === recall('new.image', '')) ??
      this.images[0],
  );

  pickImage(id: string): void {
    this.#image = id;
  }

  readonly flavor = $derived.by(() => {
    const wanted = flavors.find(this.#flavor);
    if (wanted && !this.reasonAgainst(wanted)) return wanted;
    return this.sizes.find((each) => !this.reasonAgainst(each)) ?? this.sizes[0];
  });

  get sizes(): Flavor[] {
    return [...flavors.items].sort(
      (a, b) => a.ram - b.ram || a.vcpus - b.vcpus || a.disk - b.disk,
    );
  }

  pickFlavor(id: string): void {
    this.#flavor = id;
  }

  readonly publics = $derived(networks.items.filter(isPublic));
  readonly privateNetworks = $derived(networks.items.filter((each) => !isPublic(each)));

  /** The id of the public network, or '' for none. */
  get publicNetwork(): string {
    return this.#public ?? this.publics[0]?.id ?? '';
  }
  set publicNetwork(id: string) {
    this.#public = id;
  }

  get key(): string {
    return this.#key ?? keys.find(recall('new.key', ''))?.name ?? keys.items[0]?.name ?? '';
  }
  set key(name: string) {
    this.#key = name;
  }

  /** What this machine would take of each resource. */
  needs(flavor: Flavor | undefined = this.flavor): Partial<Record<ResourceName, number>> {
    if (!flavor) return {};
    return {
      'cyclades.vm': 1,
      'cyclades.cpu': flavor.vcpus,
      'cyclades.ram': flavor.ram * mebibyte,
      'cyclades.disk': flavor.disk * gibibyte,
    };
  }

  /** The first resource that does not suffice, or what the image needs. */
  reasonAgainst(flavor: Flavor): { room: Room; need: number } | { image: number } | null {
    const least = leastDisk(this.image);
    if (flavor.disk > 0 && flavor.disk < least) return { image: least };
    const needs = this.needs(flavor);
    for (const room of projectRooms()) {
      const need = needs[room.name] ?? 0;
      if (need > 0 && !isBoundless(room) && need > room.left) return { room, need };
    }
    return null;
  }

  readonly chosenNetworks = $derived([this.publicNetwork, ...this.privates].filter(Boolean));

  async create(): Promise<string> {
    const { image, flavor } = this;
    if (!image || !flavor) throw new Error('image, size');
    const wanted = this.chosenNetworks.map((uuid) => ({ uuid }));
    const metadata = Object.fromEntries(
      this.tags.filter((tag) => tag.key.trim()).map((tag) => [tag.key.trim(), tag.value.trim()]),
    );
    const made = await createServer({
      name: this.name,
      imageRef: image.id,
      flavorRef: flavor.id,
      networks: wanted.length > 0 ? wanted : 'none',
      ...(this.key ? { key_name: this.key } : {}),
      ...(this.script.trim() ? { user_data: base64(this.script) } : {}),
      ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    });
    remember('new.image', image.id);
    remember('new.flavor', flavor.id);
    remember('new.key', this.key);
    void servers.refresh();
    return made.id;
  }

  /** The same deed for openstackclient. */
  command(): string {
    const lines = [`openstack server create ${shell(this.name)}`];
    lines.push(
      `--image ${shell(this.image?.name ?? '')} --flavor ${shell(this.flavor?.name ?? '')}`,
    );
    for (const id of this.chosenNetworks) {
      lines.push(`--network ${shell(networks.find(id)?.name ?? id)}`);
    }
    if (this.chosenNetworks.length === 0) lines.push('--network none');
    if (this.key) lines.push(`--key-name ${shell(this.key)}`);
    if (this.script.trim()) lines.push('--user-data start-script');
    return lines.join(' \\\n  ');
  }
}

/** Least system disk of an image, in GiB. */
export const leastDisk = (image: Image | undefined): number =>
  image ? Math.max(image.min_disk, Math.ceil((image.size ?? 0) / gibibyte)) : 0;

const shell = (text: string): string => (/^[\w.@:/-]+$/.test(text) ? text : `'${text}'`);

export function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
