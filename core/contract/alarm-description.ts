// The description of an alarm: the one text of it that reaches whoever is woken, and the only place where CloudWatch
// keeps severity, meaning and runbook. Written by the stack, taken apart again by who lists alarms.

export interface AlarmDescription {
  /** `page` or `ticket`. */
  readonly severity: string | null;
  readonly meaning: string;
  /** Address or path of the runbook's section; null where none is named. */
  readonly runbook: string | null;
}

/** Reads what lib/monitoring/alarm.ts writes; of any other text, all of it is the meaning. */
export function readAlarmDescription(text: string): AlarmDescription {
  const [, severity = null, rest = ''] = /^(?:\[(\w+)\]\s*)?([\s\S]*)$/.exec(text) ?? [];
  const [, runbook = null] = /\bRunbook:\s*(\S+)/.exec(rest) ?? [];
  // What comes after the meaning has a title of its own: `Missing data: …`, `Runbook: …`, links to the console.
  const [meaning = ''] = rest.split(/\s+(?=[A-Z][a-z]+(?: [a-z]+){0,2}: )/);
  return { severity, meaning: meaning.trim(), runbook };
}

/** `Dispatch/DeadLetters` to `dispatch-dead-letters`: where the runbook tells of it. */
export function runbookSection(alarmName: string): string {
  return alarmName
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
}
