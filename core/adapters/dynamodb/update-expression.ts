// Builds the texts of an update: names and values get placeholders, so that reserved words and odd characters in names
// do no harm. Knows DynamoDB's grammar and nothing of what is updated.
import { convertToAttr } from '@aws-sdk/util-dynamodb';
import type { Update } from '@aws-sdk/client-dynamodb';
import type { NativeAttributeValue } from '@aws-sdk/util-dynamodb';
import type { Key } from '../../contract/items.ts';
import type { Item } from './dynamo-table.ts';

/** Undefined fields are left out at any depth; a learned limit may be any finite number. */
function toAttribute(value: unknown): Item[string] {
  return convertToAttr(value as NativeAttributeValue, { removeUndefinedValues: true, allowImpreciseNumbers: true });
}

export class UpdateExpression {
  readonly #names = new Map<string, string>();
  readonly #values: Item = {};
  readonly #clauses = { SET: [] as string[], REMOVE: [] as string[], ADD: [] as string[] };
  readonly #conditions: string[] = [];
  #valuesMade = 0;

  set(name: string, value: unknown): void {
    this.#clauses.SET.push(`${this.name(name)} = ${this.value(value)}`);
  }

  setIfAbsent(name: string, value: unknown): void {
    const placeholder = this.name(name);
    this.#clauses.SET.push(`${placeholder} = if_not_exists(${placeholder}, ${this.value(value)})`);
  }

  /** Sets a number to another one, as it is before this update or zero, and an amount. */
  setSum(name: string, of: string, amount: number): void {
    this.#clauses.SET.push(
      `${this.name(name)} = if_not_exists(${this.name(of)}, ${this.value(0)}) + ${this.value(amount)}`,
    );
  }

  remove(name: string): void {
    this.#clauses.REMOVE.push(this.name(name));
  }

  /** Adds to a number, which starts at zero when absent. */
  add(name: string, amount: number): void {
    if (amount !== 0) this.#clauses.ADD.push(`${this.name(name)} ${this.value(amount)}`);
  }

  /** Adds a condition that must hold, as text made with name() and value(). */
  require(condition: string): void {
    this.#conditions.push(`(${condition})`);
  }

  /** Requires that an attribute still has this value, or still is absent. */
  requireSame(name: string, value: number | undefined): void {
    const placeholder = this.name(name);
    this.require(
      value === undefined ? `attribute_not_exists(${placeholder})` : `${placeholder} = ${this.value(value)}`,
    );
  }

  name(name: string): string {
    const known = this.#names.get(name) ?? `#n${this.#names.size}`;
    this.#names.set(name, known);
    return known;
  }

  value(value: unknown): string {
    const placeholder = `:v${this.#valuesMade}`;
    this.#valuesMade += 1;
    this.#values[placeholder] = toAttribute(value);
    return placeholder;
  }

  get isEmpty(): boolean {
    return Object.values(this.#clauses).every((clauses) => clauses.length === 0);
  }

  /** An update that returns the stored item when its conditions do not hold. */
  toUpdate(tableName: string, { pk, sk }: Key): Update {
    const clauses = Object.entries(this.#clauses).filter(([, parts]) => parts.length > 0);
    return {
      TableName: tableName,
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: clauses.map(([word, parts]) => `${word} ${parts.join(', ')}`).join(' '),
      ...(this.#conditions.length > 0 && { ConditionExpression: this.#conditions.join(' AND ') }),
      ...(this.#names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries(
          [...this.#names].map(([name, placeholder]) => [placeholder, name]),
        ),
      }),
      ...(this.#valuesMade > 0 && { ExpressionAttributeValues: this.#values }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
  }
}
