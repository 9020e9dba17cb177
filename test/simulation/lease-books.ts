// The books of an account with leases, read from its rows: what must add up, however its processes die. Watches every write,
// because what an operator sets begins new books at the instant of its commit.
import { readTask } from '../../core/adapters/dynamodb/task-item.ts';
import { heldMicros } from '../../core/domain/money/charge.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { TableModel } from '../support/table/table-model.ts';

export const LEASE_WORLD_ACCOUNT = 'acc_one';
export const LEASE_WORLD_PRICE = 7;

interface Sums {
  readonly leftMicros: number;
  readonly leasedMicros: number;
  readonly heldMicros: number;
  readonly tasks: number;
}

export class LeaseBooks {
  /** Leases that ever began. */
  leases = 0;
  readonly reported: string[] = [];
  leasedAtThreshold = 0;
  readonly #tasks = new Map<string, Task>();
  readonly #leases = new Map<string, { readonly day: number; readonly micros: number }>();
  #account: Item | undefined;
  /** What must stay the same: left, leased and held together. */
  #totalMicros: number | undefined;

  constructor(table: TableModel) {
    const { rows } = table;
    const set = rows.set.bind(rows);
    rows.set = (key, after) => {
      const before = rows.get(key);
      set(key, after);
      this.#watch(before, after);
    };
  }

  /** From now on the rows must add up. */
  begin(): void {
    this.#totalMicros = this.#total();
  }

  tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  sums(): Sums {
    const tasks = this.tasks();
    return {
      leftMicros: numberOf(this.#account?.['balanceMicros']),
      leasedMicros: [...this.#leases.values()].reduce((sum, { micros }) => sum + micros, 0),
      heldMicros: tasks.reduce((sum, { money }) => sum + heldMicros(money), 0),
      tasks: tasks.length,
    };
  }

  /** Undefined when the rows add up. */
  audit(): string | undefined {
    const account = this.#account;
    if (!account || this.#totalMicros === undefined) return undefined;
    const { leftMicros, leasedMicros, heldMicros: held } = this.sums();
    const parts = `${leftMicros} left, ${leasedMicros} leased, ${held} held`;
    if (this.#total() !== this.#totalMicros) return `${parts} of ${this.#totalMicros}`;
    if (leftMicros < 0 || [...this.#leases.values()].some(({ micros }) => micros < 0)) return `below zero: ${parts}`;
    return this.#auditDay(account);
  }

  #auditDay(account: Item): string | undefined {
    const day = numberOf(account['budgetDay']);
    const spent = numberOf(account['daySpentMicros']);
    const leased = [...this.#leases.values()].reduce((sum, lease) => sum + (lease.day === day ? lease.micros : 0), 0);
    const held = this.tasks().reduce((sum, { money }) => sum + (money?.day === day ? heldMicros(money) : 0), 0);
    if (spent !== leased + held) return `${spent} spent on ${day}, ${leased} leased, ${held} held`;
    return undefined;
  }

  #watch(before: Item | undefined, after: Item | undefined): void {
    const row = after ?? before ?? {};
    const [pk, sk] = [row['pk']?.S ?? '', row['sk']?.S ?? ''];
    if (sk === 'TASK') this.#keepTask(pk, after);
    if (pk.startsWith('LEASES#')) this.#keepLease(sk, after);
    if (sk === 'ACCOUNT') this.#keepAccount(before, after);
    const event = pk.startsWith('EVENTS#') ? after?.['event']?.S : undefined;
    if (event?.includes('budget.threshold')) this.#note(event);
  }

  #keepTask(pk: string, after: Item | undefined): void {
    const read = after && readTask(after);
    if (read?.kind === 'sound') this.#tasks.set(pk, read.task);
  }

  #keepLease(holderId: string, after: Item | undefined): void {
    if (!this.#leases.has(holderId)) this.leases += 1;
    if (after) this.#leases.set(holderId, { day: numberOf(after['leaseDay']), micros: numberOf(after['leftMicros']) });
    else this.#leases.delete(holderId);
  }

  #keepAccount(before: Item | undefined, after: Item | undefined): void {
    this.#account = after;
    if (!before || before['balanceBaseMicros']?.N === after?.['balanceBaseMicros']?.N) return;
    // Without what is leased: nothing may be.
    const { leftMicros, heldMicros: held } = this.sums();
    this.#totalMicros = leftMicros + held;
  }

  #note(event: string): void {
    const [, budget] = /"budget":"(\w+)"/.exec(event) ?? [];
    const [, percent] = /"percent":(\d+)/.exec(event) ?? [];
    this.reported.push(`${budget} ${percent}`);
    this.leasedAtThreshold = Math.max(this.leasedAtThreshold, this.sums().leasedMicros);
  }

  #total(): number {
    const { leftMicros, leasedMicros, heldMicros: held } = this.sums();
    return leftMicros + leasedMicros + held;
  }
}

type Item = NonNullable<ReturnType<TableModel['rows']['get']>>;

function numberOf(attribute: Item[string] | undefined): number {
  return Number(attribute?.N ?? 0);
}
