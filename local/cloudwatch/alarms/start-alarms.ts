// Brings the alarms of the stack to life: the board over the metric store, the clock that moves it, and the person who
// is told. A topic of the stack is heard on the terminal; nobody is mailed from one machine.
import { AlarmBoard } from './alarm-board.ts';
import { startAlarmTimer } from './alarm-timer.ts';
import { storedReadings } from './stored-readings.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import type { AlarmChange, AlarmReport } from './alarm-board.ts';
import type { Alarm } from './alarm-definition.ts';

export interface StartAlarmsOptions {
  readonly alarms: readonly Alarm[];
  readonly metrics: MetricStore;
  /** How many times faster than in AWS periods pass. */
  readonly speedFactor: number;
  /** Measures what must be asked for, such as the queues; called twice in every step. */
  readonly sample: () => Promise<void>;
  /** Page whose sections say what to do about an alarm. */
  readonly runbookUrl: string;
  /** Hears of alarms that begin. */
  readonly warn: (text: string) => void;
  /** Hears of alarms that are over. */
  readonly note: (text: string) => void;
  /** Hears of everything else. */
  readonly detail: (text: string) => void;
}

export interface RunningAlarms {
  readonly report: () => readonly AlarmReport[];
  /** Time between two evaluations. */
  readonly stepMs: number;
  stop(): void;
}

/** @throws Error for composite alarms that ask for what is not there. */
export function startAlarms({ warn, note, detail, sample, ...options }: StartAlarmsOptions): RunningAlarms {
  const board = new AlarmBoard({
    alarms: options.alarms,
    readings: storedReadings(options.metrics),
    factor: options.speedFactor,
    startedAt: Date.now(),
    announce: (change) => {
      const tell = !isNews(change) ? detail : change.state === 'ALARM' ? warn : note;
      tell(inOneLine(change, options.runbookUrl));
    },
  });
  const timer = startAlarmTimer(board, (error) => warn(`alarms could not be evaluated: ${String(error)}`));
  const sampler = setInterval(
    () => void sample().catch((error: unknown) => detail(`queues could not be measured: ${String(error)}`)),
    board.stepMs / 2,
  );
  sampler.unref();
  return {
    report: () => board.report(),
    stepMs: board.stepMs,
    stop: () => {
      clearInterval(sampler);
      timer.stop();
    },
  };
}

/** Somebody is told, and it is about an alarm that fires or is over; that all begin well is no news. */
function isNews({ state, previous, topicArns }: AlarmChange): boolean {
  return topicArns.length > 0 && (state === 'ALARM' || previous === 'ALARM');
}

function inOneLine(
  { name, state, severity, reason, runbook, contributor, topicArns }: AlarmChange,
  runbookUrl: string,
): string {
  const who = contributor === undefined ? name : `${name} (${Object.values(contributor).join(', ')})`;
  const told = topicArns.length === 0 ? '' : ' [told the topic]';
  // The stack names a page or a file; the section is the same on the page that this relay serves, and that one opens.
  const section = runbook?.split('#')[1];
  const help = state === 'ALARM' && section !== undefined ? ` See ${runbookUrl}#${section}` : '';
  return `${state} ${severity ?? 'alarm'} ${who}: ${reason}.${help}${told}`;
}
