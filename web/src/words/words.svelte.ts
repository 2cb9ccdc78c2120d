import { en, type Key, type Sentence, type Words } from './en.ts';

export type Language = 'en' | 'el';

const load: Record<Language, () => Promise<Words>> = {
  en: () => Promise.resolve(en),
  el: () => import('./el.ts').then((module) => module.el),
};

class Speech {
  language = $state<Language>('en');
  words = $state.raw<Words>(en);
  #plural = new Intl.PluralRules('en');

  /** Speak another language from now on. */
  async use(language: Language): Promise<void> {
    this.words = await load[language]();
    this.#plural = new Intl.PluralRules(language);
    this.language = language;
    document.documentElement.lang = language;
  }

  say(key: Key, holes: Holes = {}): string {
    return fill(this.words[key] ?? en[key], holes, this.#plural);
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
