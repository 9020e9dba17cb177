// Starts the alarms of the stack: the board over the metric store, its timer, and the notices. What the stack's topic
// gets is shown on the terminal; one machine sends no mail.
import { AlarmBoard } from './alarm-board.ts';
import { startAlarmTimer } from './alarm-timer.ts';
import { storedReadings } from './stored-readings.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import type { AlarmChange, AlarmReport, AlarmTurn } from './alarm-board.ts';
import type { Alarm } from './alarm-definition.ts';

interface StartAlarmsOptions {
  readonly alarms: readonly Alarm[];
  readonly metrics: MetricStore;
  /** How many times faster than in AWS periods pass. */
  readonly speedFactor: number;
  /** Takes the measurements that must be polled, such as those of the queues; called twice in every step. */
  readonly sample: () => Promise<void>;
  /** Page whose sections describe what to do about an alarm. */
  readonly runbookUrl: string;
  /** Shows alarms that fire. */
  readonly warn: (text: string) => void;
  /** Shows alarms that have ended. */
  readonly note: (text: string) => void;
  /** Shows everything else. */
  readonly detail: (text: string) => void;
}

export interface RunningAlarms {
  readonly report: () => readonly AlarmReport[];
  readonly history: () => readonly AlarmTurn[];
  /** Time between two evaluations. */
  readonly stepMs: number;
  stop(): void;
}

/** @throws Error for composite alarms that refer to missing alarms. */
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
    history: () => board.history(),
    stepMs: board.stepMs,
    stop: () => {
      clearInterval(sampler);
      timer.stop();
    },
  };
}

/**
 * True for a change with topics to notify, of an alarm that fires or has ended; the first OK of each alarm is not
 * shown.
 */
function isNews({ state, previous, topicArns }: AlarmChange): boolean {
  return topicArns.length > 0 && (state === 'ALARM' || previous === 'ALARM');
}

function inOneLine(
  { name, state, severity, reason, runbook, contributor, topicArns }: AlarmChange,
  runbookUrl: string,
): string {
  const who = contributor === undefined ? name : `${name} (${Object.values(contributor).join(', ')})`;
  const told = topicArns.length === 0 ? '' : ' [topic notified]';
  // The stack names a page or a file. The page that this relay serves has the same sections and can be opened.
  const section = runbook?.split('#')[1];
  const help = state === 'ALARM' && section !== undefined ? ` See ${runbookUrl}#${section}` : '';
  return `${state} ${severity ?? 'alarm'} ${who}: ${reason}.${help}${told}`;
}
