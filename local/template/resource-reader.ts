// Reads the properties of one resource and remembers which: the reader of a type asks for those it understands and
// lists those without a meaning here, and the rest is refused by name. So nothing is ever silently ignored.
import { TemplateRefusal, isRecord, placeWithin } from './cloud-template.ts';
import type { TemplatePlace } from './cloud-template.ts';

type Resolve = (value: unknown, place: TemplatePlace) => unknown;

export class ResourceReader {
  readonly place: TemplatePlace;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #resolve: Resolve;
  readonly #read = new Set<string>();
  readonly #sections: ResourceReader[] = [];

  constructor(place: TemplatePlace, values: Readonly<Record<string, unknown>>, resolve: Resolve) {
    this.place = place;
    this.#values = values;
    this.#resolve = resolve;
  }

  /** The resolved value; undefined when the property is absent. */
  value(name: string): unknown {
    this.#read.add(name);
    return this.#resolve(this.#values[name], placeWithin(this.place, name));
  }

  text(name: string): string {
    return this.#present(name, this.optionalText(name));
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.refusal(name, 'a text was expected');
  }

  number(name: string): number {
    return this.#present(name, this.optionalNumber(name));
  }

  /** Numbers may be written as text, as in CloudFormation. */
  optionalNumber(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!Number.isFinite(number)) throw this.refusal(name, 'a number was expected');
    return number;
  }

  /** False when it is absent. */
  flag(name: string): boolean {
    const value = this.value(name);
    return value === true || value === 'true';
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name) ?? [];
    if (!Array.isArray(value)) throw this.refusal(name, 'a list was expected');
    return value;
  }

  /** An object of texts by name, such as an environment. */
  texts(name: string): Readonly<Record<string, string>> {
    const value = this.value(name) ?? {};
    if (!isRecord(value)) throw this.refusal(name, 'an object was expected');
    return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
  }

  /** A nested object, read in the same way; an empty one when it is absent. */
  section(name: string): ResourceReader {
    return this.#within(name, this.value(name) ?? {}, placeWithin(this.place, name));
  }

  /** A list of nested objects. */
  sections(name: string): readonly ResourceReader[] {
    const place = placeWithin(this.place, name);
    return this.list(name).map((value, index) => this.#within(name, value, placeWithin(place, index)));
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  /** Accepts a property that must have one of these values, or be absent. */
  expect(name: string, ...accepted: readonly unknown[]): void {
    const value = this.value(name);
    if (value !== undefined && !accepted.includes(value)) {
      throw this.refusal(
        name,
        `${JSON.stringify(value)} is not supported on one machine, only ${accepted.join(' or ')}`,
      );
    }
  }

  /** Ignores properties without a meaning on one machine; a comment at the call gives the reason. */
  passOver(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** @throws TemplateRefusal that names the properties that were not read. */
  done(): void {
    for (const section of this.#sections) section.done();
    const left = Object.keys(this.#values).filter((name) => !this.#read.has(name));
    if (left[0] !== undefined) throw this.refusal(left.join(', '), 'is not supported on one machine');
  }

  refusal(name: string, reason: string): TemplateRefusal {
    return new TemplateRefusal(placeWithin(this.place, name), reason);
  }

  #within(name: string, value: unknown, place: TemplatePlace): ResourceReader {
    if (!isRecord(value)) throw this.refusal(name, 'an object was expected');
    const section = new ResourceReader(place, value, (inner) => inner);
    this.#sections.push(section);
    return section;
  }

  #present<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw this.refusal(name, 'is missing');
    return value;
  }
}
