import { en, type Key, type Sentence, type Words } from './en.ts';
import { english, greek, type Room } from './rooms.ts';

export type Language = 'en' | 'el';
type Some = Partial<Words>;

const fetches: Record<Language, Partial<Record<Room, () => Promise<Some>>>> = {
  en: english,
  el: greek,
};
const load: Record<Language, () => Promise<Some>> = {
  en: () => Promise.resolve(en),
  el: () => import('./el.ts').then((module) => module.el),
};

class Speech {
  language = $state<Language>('en');
  words = $state.raw<Some>(en);
  #plural = new Intl.PluralRules('en');
  #rooms = new Map<Room, Promise<void>>();

  /** Speak another language from now on, in the rooms that were entered too. */
  async use(language: Language): Promise<void> {
    const words = await load[language]();
    const entered = [...this.#rooms.keys()];
    this.#rooms.clear();
    this.words = words;
    this.language = language;
    await this.need(...entered);
    this.#plural = new Intl.PluralRules(language);
    document.documentElement.lang = language;
  }

  /** Fetch what is said in some rooms; what cannot be fetched is said in English. */
  async need(...names: Room[]): Promise<void> {
    await Promise.all(names.map((name) => this.#rooms.get(name) ?? this.#enter(name)));
  }

  #enter(name: Room): Promise<void> {
    const fetch = fetches[this.language][name];
    const entering = fetch ? this.#fetch(name, fetch) : Promise.resolve();
    this.#rooms.set(name, entering);
    return entering;
  }

  async #fetch(name: Room, fetch: () => Promise<Some>): Promise<void> {
    const language = this.language;
    try {
      const words = await fetch();
      if (this.language === language) this.words = { ...this.words, ...words };
    } catch {
      this.#rooms.delete(name);
    }
  }

  say(key: Key, holes: Holes = {}): string {
    return fill(this.words[key] ?? (en as Some)[key] ?? '', holes, this.#plural);
  }
}

export type Holes = Record<string, string | number>;

/** Fill the named holes of a sentence; its plural form follows the hole `n`. */
export function fill(sentence: Sentence, holes: Holes, plural: Intl.PluralRules): string {
  const text =
    typeof sentence === 'string'
      ? sentence
      : plural.select(Number(holes.n)) === 'one'
        ? sentence.one
        : sentence.other;
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(holes[name] ?? hole));
}

export const speech = new Speech();
export const t = (key: Key, holes?: Holes): string => speech.say(key, holes);
export type { Key } from './en.ts';

/** The browser's language if it is ours, else English. */
export function preferred(stored: string): Language {
  const wanted = [stored, ...navigator.languages].map((each) => each.slice(0, 2));
  return (wanted.find((each) => each in load) as Language | undefined) ?? 'en';
}
