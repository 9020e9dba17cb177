// The description of an alarm: the only text of it that reaches the operator, and the only place where CloudWatch keeps
// severity, meaning and runbook. The stack writes it; code that lists alarms parses it.

interface AlarmDescription {
  /** `page` or `ticket`. */
  readonly severity: string | null;
  readonly meaning: string;
  /** Address or path of the runbook's section; null if there is none. */
  readonly runbook: string | null;
}

/** Reads what lib/monitoring/alarm.ts writes; any other text is taken as the meaning. */
export function readAlarmDescription(text: string): AlarmDescription {
  const [, severity = null, rest = ''] = /^(?:\[(\w+)\]\s*)?([\s\S]*)$/.exec(text) ?? [];
  const [, runbook = null] = /\bRunbook:\s*(\S+)/.exec(rest) ?? [];
  // What follows the meaning has a title of its own: `Missing data: …`, `Runbook: …`, links to the console.
  const [meaning = ''] = rest.split(/\s+(?=[A-Z][a-z]+(?: [a-z]+){0,2}: )/);
  return { severity, meaning: meaning.trim(), runbook };
}

/** `Dispatch/DeadLetters` to `dispatch-dead-letters`: the runbook's section about it. */
export function runbookSection(alarmName: string): string {
  return alarmName
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
}
