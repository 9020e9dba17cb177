// How a model's health is stored in the table: set as a whole, conditional on its version, except for the probes in
// flight, which the commits of the tasks that hold them count.
import { convertToNative } from '@aws-sdk/util-dynamodb';
import { UpdateExpression } from './update-expression.ts';
import type { Circuit, ModelHealth } from '../../domain/gate/circuit.ts';
import type { Item } from './dynamo-table.ts';

const PROBES = 'probes';

export function readModel(item: Item): ModelHealth {
  const number = (name: string): number => Number(item[name]?.N ?? 0);
  const circuit = item['circuit'] && (convertToNative(item['circuit'], { wrapNumbers: Number }) as Circuit);
  return {
    version: number('version'),
    outcomes: number('outcomes'),
    failures: number('failures'),
    talliedAt: number('talliedAt'),
    ...(circuit && { circuit }),
    probesInFlight: number(PROBES),
  };
}

export function addProbes(update: UpdateExpression, inFlight: number): void {
  update.add(PROBES, inFlight);
}

/** Sets what was learned, on condition that no other write did so since `before` was read. */
export function modelUpdate(before: ModelHealth, after: ModelHealth): UpdateExpression {
  const update = new UpdateExpression();
  const { version: _old, probesInFlight: _counted, circuit, ...tally } = after;
  for (const [name, value] of Object.entries({ ...tally, version: before.version + 1 })) update.set(name, value);
  if (circuit) update.set('circuit', circuit);
  else update.remove('circuit');
  requireVersion(update, before);
  return update;
}

export function requireVersion(update: UpdateExpression, { version }: ModelHealth): void {
  const name = update.name('version');
  update.require(version === 0 ? `attribute_not_exists(${name})` : `${name} = ${update.value(version)}`);
}

export function requireNoProbes(update: UpdateExpression): void {
  const name = update.name(PROBES);
  update.require(`attribute_not_exists(${name}) OR ${name} = ${update.value(0)}`);
}
