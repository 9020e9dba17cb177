// The tables of docs/cost.md from the measurements: what a task uses by workload, its write units by step, and how the
// dollars of the usual task are spent. Made by `npm run bench:cost -- --write`, never by hand.
import { plainTable } from '../../bench/plain-table.ts';
import { usagePrices } from './usage-prices.ts';
import type { Usage } from './usage.ts';

export interface Measured extends Usage {
  readonly about: string;
  /** Tasks that were measured, and those of them that did not end. */
  readonly tasks: number;
  readonly unfinished: number;
  /** USD for a million tasks; null for a workload without tasks. */
  readonly dollarsPerMillion: number | null;
  readonly dollarsPerMonth?: number;
  /** Write units of a task by step, including indexes. */
  readonly writeUnitsByStep: Readonly<Record<string, number>>;
  readonly conflicts: number;
  /** Bytes of the outputs that a task keeps in the bucket, for as long as its owner wants. */
  readonly keptBytes: number;
}

const steps = ['taken in', 'claimed', 'accepted', 'ended', 'kept', 'delivered'] as const;
const USUAL = 'webhook-in-and-out';

const names: Readonly<Record<keyof Usage, string>> = {
  httpRequests: 'HTTP API, requests',
  invocations: 'Lambda, requests',
  gbSeconds: 'Lambda, GB-seconds',
  writeUnits: 'DynamoDB, write units',
  readUnits: 'DynamoDB, read units',
  sqsRequests: 'SQS, requests',
  logBytes: 'Logs, bytes',
  storedByteMonths: 'Table, byte months with backup',
  objectWrites: 'S3, writes',
  objectReads: 'S3, reads',
  objectByteMonths: 'S3, byte months',
};

export function costTables(measured: Readonly<Record<string, Measured>>): string {
  const tasks = Object.entries(measured).filter(([, { dollarsPerMillion }]) => dollarsPerMillion !== null);
  const parts = [
    plainTable(
      ['workload', 'write units', 'read units', 'SQS', 'runs', 'GB-s', 'log bytes', '$ a million'],
      tasks.map(([name, use]) => [
        name,
        use.writeUnits.toFixed(1),
        use.readUnits.toFixed(1),
        use.sqsRequests.toFixed(1),
        use.invocations.toFixed(1),
        use.gbSeconds.toFixed(2),
        use.logBytes.toFixed(0),
        (use.dollarsPerMillion ?? 0).toFixed(1),
      ]),
    ),
    'Write units by step, indexes included:',
    plainTable(
      ['workload', ...steps, 'together'],
      tasks.map(([name, { writeUnitsByStep, writeUnits }]) => [
        name,
        ...steps.map((step) => (writeUnitsByStep[step] ?? 0).toFixed(1)),
        writeUnits.toFixed(1),
      ]),
    ),
  ];
  const usual = measured[USUAL];
  if (usual) parts.push(`Where the dollars of \`${USUAL}\` go:`, shares(usual));
  const keeping = tasks.filter(([, { keptBytes }]) => keptBytes > 0);
  if (usual && keeping.length > 0)
    parts.push(
      `What keeping one output adds to \`${USUAL}\`, and what a million of them cost in the bucket by the month:`,
      additions(usual, keeping),
    );
  const { idle } = measured;
  if (idle)
    parts.push(`A month without tasks: $${(idle.dollarsPerMonth ?? 0).toFixed(2)} for sweep and for idle polling.`);
  return parts.join('\n\n');
}

/** Of tasks with one output each, over those that keep none. */
function additions(usual: Measured, keeping: readonly (readonly [string, Measured])[]): string {
  return plainTable(
    [
      'workload',
      'write units',
      'read units',
      'SQS',
      'runs',
      'GB-s',
      'log bytes',
      'S3 writes',
      '$ a million',
      '$ a month',
    ],
    keeping.map(([name, use]) => {
      const added = (key: keyof Usage, digits: number): string => (use[key] - usual[key]).toFixed(digits);
      return [
        name,
        added('writeUnits', 1),
        added('readUnits', 1),
        added('sqsRequests', 1),
        added('invocations', 1),
        added('gbSeconds', 2),
        added('logBytes', 0),
        added('objectWrites', 1),
        ((use.dollarsPerMillion ?? 0) - (usual.dollarsPerMillion ?? 0)).toFixed(1),
        (1e6 * use.keptBytes * usagePrices.objectByteMonths).toFixed(1),
      ];
    }),
  );
}

function shares(use: Measured): string {
  const rows = Object.entries(names).map(([name, text]) => {
    const count = use[name as keyof Usage];
    return [text, count.toFixed(count < 100 ? 2 : 0), (1e6 * count * usagePrices[name as keyof Usage]).toFixed(1)];
  });
  return plainTable(['what', 'per task', '$ a million'], rows);
}
