// The tables of the state machines in docs/architecture.md, made from the machines' own code: a part of the page
// between two marks. decide.ts and lane-worker-states.ts supply the contents.
import { taskStates } from '../core/domain/task/decide.ts';
import { laneWorkerStates } from '../core/domain/webhook/lane-worker-states.ts';
import type { StateRow } from '../core/domain/state-row.ts';

const tables: Readonly<Record<string, Readonly<Record<string, StateRow>>>> = {
  'task-states': taskStates,
  'lane-worker-states': laneWorkerStates,
};

/** @throws Error for a page without both marks of each table. */
export function withStateTables(page: string): string {
  return Object.entries(tables).reduce((text, [name, states]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined) throw new Error(`docs/architecture.md has no ${begin} … ${end}`);
    return `${before}${begin}\n\n${tableOf(states)}\n\n${end}${after}`;
  }, page);
}

function tableOf(states: Readonly<Record<string, StateRow>>): string {
  return [
    '| state | entered when | what holds | leaves by |',
    '| --- | --- | --- | --- |',
    ...Object.entries(states).map(
      ([name, { entered, holds, leaves }]) => `| \`${name}\` | ${entered} | ${holds} | ${leaves.join(' · ')} |`,
    ),
  ].join('\n');
}
