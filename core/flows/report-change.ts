// Reports a committed change of a task: its metrics, and the wide line of each attempt that it ended.
// Called once per commit, right after it; measure-change and attempt-lines derive the report from the change.
import { lineMessages } from '../contract/line-messages.ts';
import { attemptLines } from './attempt-lines.ts';
import { measureChange } from './measure-change.ts';
import type { TaskChange } from '../domain/task/derived-counts.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

export function reportChange({ metrics, log }: Pick<FlowPorts, 'metrics' | 'log'>, change: TaskChange): void {
  for (const line of measureChange(change)) metrics.emit(line);
  for (const line of attemptLines(change)) log.info(lineMessages.attempt, line);
}
