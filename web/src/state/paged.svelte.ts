/** A long list read page by page: the first page, more below, everything anew on demand. */
export interface Part<Row> {
  rows: Row[];
  next: string | null;
}

type Read<Row> = (marker: string) => Promise<Part<Row>>;

export class Paged<Row extends object> {
  rows = $state.raw<Row[]>([]);
  next = $state<string | null>(null);
  ready = $state(false);
  error = $state.raw<unknown>(null);
  busy = $state(false);
  updated = $state(0);
  #read: Read<Row>;
  #turn = 0;

  constructor(read: Read<Row>) {
    this.#read = read;
  }

  /** Read from the start; an answer that a newer question overtook is dropped. */
  refresh = async (): Promise<void> => {
    const turn = ++this.#turn;
    await this.#take(turn, '', () => []);
  };

  /** Read the next page below the rows that are there. */
  more = async (): Promise<void> => {
    if (this.next === null || this.busy) return;
    await this.#take(this.#turn, this.next, () => this.rows);
  };

  /** Put a fresher row in the place of an older one. */
  replace(fits: (row: Row) => boolean, change: (row: Row) => Row): void {
    this.rows = this.rows.map((row) => (fits(row) ? change(row) : row));
  }

  async #take(turn: number, marker: string, before: () => Row[]): Promise<void> {
    this.busy = true;
    try {
      const part = await this.#read(marker);
      if (turn !== this.#turn) return;
      this.rows = [...before(), ...part.rows];
      this.next = part.next;
      this.error = null;
      this.ready = true;
      this.updated = Date.now();
    } catch (problem) {
      if (turn === this.#turn) this.error = problem;
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}

/** One thing that a page shows, read once and again after each change. */
export class Kept<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  #read: () => Promise<T>;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  refresh = async (): Promise<void> => {
    try {
      this.value = await this.#read();
      this.error = null;
    } catch (problem) {
      this.error = problem;
    }
  };
}
