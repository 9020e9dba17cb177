// Counts what DynamoDB would bill and what it would refuse, by the step that was at work. Prices are the bench's.
export interface StepCounts {
  /** Write units of the table and of its indexes. */
  writeUnits: number;
  indexUnits: number;
  readUnits: number;
  /** Writes sent, alone or as a transaction, and those of them that were cancelled by a conflict. */
  writes: number;
  conflicts: number;
  /** Units of cancelled transactions, which AWS may bill: kept apart, and in no sum. */
  cancelledUnits: number;
  throttles: number;
}

function noCounts(): StepCounts {
  return { writeUnits: 0, indexUnits: 0, readUnits: 0, writes: 0, conflicts: 0, cancelledUnits: 0, throttles: 0 };
}

export type UnitKind = 'read' | 'write';

export interface PartitionUnits {
  readonly kind: UnitKind;
  readonly partition: string;
  readonly units: number;
}

export class TableMeter {
  readonly #steps = new Map<string, StepCounts>();
  readonly #asked = { read: new Map<string, number>(), write: new Map<string, number>() };

  add(step: string, counts: Partial<StepCounts>): void {
    const known = this.#steps.get(step) ?? noCounts();
    for (const [name, amount] of Object.entries(counts)) known[name as keyof StepCounts] += amount;
    this.#steps.set(step, known);
  }

  /** Units that a partition was asked for, whether it gave them or not. */
  ask(kind: UnitKind, partition: string, units: number): void {
    const asked = this.#asked[kind];
    asked.set(partition, (asked.get(partition) ?? 0) + units);
  }

  /** The partitions that were asked most. */
  busiest(count: number): readonly PartitionUnits[] {
    const of = (kind: UnitKind): readonly PartitionUnits[] =>
      [...this.#asked[kind]].map(([partition, units]) => ({ kind, partition, units }));
    return [...of('read'), ...of('write')].sort((one, other) => other.units - one.units).slice(0, count);
  }

  get steps(): ReadonlyMap<string, Readonly<StepCounts>> {
    return this.#steps;
  }

  sum(name: keyof StepCounts): number {
    return [...this.#steps.values()].reduce((sum, counts) => sum + counts[name], 0);
  }

  clear(): void {
    this.#steps.clear();
    this.#asked.read.clear();
    this.#asked.write.clear();
  }
}
