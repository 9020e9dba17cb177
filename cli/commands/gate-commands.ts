// `relay gate`: shows the state of the gate before Get3W, pauses and resumes it, and counts its slots again.
// Settings hold the limits, accounts the weights; no command sets what the gate has learned.
import { InvalidArgumentError } from 'commander';
import colours from 'picocolors';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { DAY_MS, MINUTE_MS } from '../../core/domain/time-ms.ts';
import { recountSlots, repairSlots } from '../../core/flows/recount-slots.ts';
import { publicGate } from '../../core/http/public-gate.ts';
import { viewGate } from '../../core/flows/view-gate.ts';
import { PAUSE_MS_MAX, pauseGate, resumeGate } from '../../core/flows/steer-gate.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { auditedCommand } from '../audited-command.ts';
import { CommandFailure } from '../command-failure.ts';
import { duration } from '../read-options.ts';
import { principal } from '../principal.ts';
import { factsText, tableText, timeText } from '../terminal.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { CommandPorts } from '../command-ports.ts';
import type { PublicGate } from '../../core/http/public-gate.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { Report } from '../terminal.ts';

const RECOUNT_MS_MAX = MINUTE_MS;

function pauseText({ pause, operator_pause: byOperator }: PublicGate): string {
  if (byOperator) {
    const end = byOperator.until === null ? 'until it is resumed' : `until ${timeText(byOperator.until)}`;
    const why = byOperator.reason === null ? '' : `: ${byOperator.reason}`;
    return colours.yellow(`paused by ${byOperator.by} since ${timeText(byOperator.since)}, ${end}${why}`);
  }
  if (!pause) return colours.green('open');
  const { reason, until, next_probe_at: probeAt, http_status: status } = pause;
  return reason === 'limited'
    ? colours.yellow(`Get3W asked for a pause until ${timeText(until)}`)
    : colours.red(`Get3W refuses the account (${status}); next probe ${timeText(probeAt)}`);
}

async function gateReport({ store, clock }: FlowPorts): Promise<Report> {
  const shown = publicGate(await viewGate(store, DEFAULT_GATE_ID), clock.now());
  const waiting = shown.waiting.map(({ kind, account_id, model, tasks }) => [account_id, model, kind, String(tasks)]);
  const accounts = shown.accounts.map(({ account_id, tasks, share, expected_wait_seconds: seconds }) => [
    account_id,
    String(tasks),
    `${Math.round(share * 100)} %`,
    seconds === null ? 'unknown' : `${seconds} s`,
  ]);
  const circuits = shown.circuits.map(({ model, state, since, next_probe_at }) => [
    model,
    state,
    timeText(since),
    timeText(next_probe_at),
  ]);
  const text = [
    factsText({
      Gate: shown.id,
      State: pauseText(shown),
      Slots: `${shown.in_flight} of ${shown.limit} in use${shown.limit_is_bounded ? '' : ', no bound met yet'}`,
      Retries: `${shown.retries_in_flight} in flight`,
    }),
    '',
    tableText(['Account', 'Model', 'Kind', 'Waiting'], waiting, 'No task waits.'),
    ...(shown.accounts.length > 0
      ? ['', tableText(['Account', 'Waiting', 'Share', 'Next would wait'], accounts, '')]
      : []),
    ...(shown.waiting_is_complete ? [] : ['More accounts wait than are shown.']),
    ...(circuits.length > 0 ? ['', tableText(['Circuit', 'State', 'Since', 'Next probe'], circuits, '')] : []),
  ];
  return { value: shown, text: text.join('\n') };
}

export function addGateCommands(program: Command): void {
  const gate = program.command('gate').description('the gate before Get3W');

  runAs(
    addCommand(gate, 'show', 'Shows the slots, the waiting tasks, and why the gate is paused if it is.', ['gate show']),
    async ({ ports }) => gateReport(ports),
  );
  runAs<PauseOptions>(
    withReason(
      addCommand(gate, 'pause', 'Stops all submits until the gate is resumed. New tasks are accepted and wait.', [
        'gate pause',
        "gate pause --for 30m --reason 'the bill is being looked into'",
      ]),
    ).option(
      '--for <duration>',
      'how long: 30m, 2h; then the gate resumes (default: until an operator resumes it)',
      pauseTime,
    ),
    async ({ ports }, _args, { for: durationMs, reason }) => {
      const until = durationMs === undefined ? undefined : ports.clock.now() + durationMs;
      await pauseGate(ports, DEFAULT_GATE_ID, { by: principal(), reason, until });
      return gateReport(ports);
    },
    'gate.pause',
  );
  runAs(
    withReason(
      addCommand(gate, 'resume', 'Lifts every pause, also that of an account Get3W refused.', ['gate resume']),
    ),
    async ({ ports }) => {
      await resumeGate(ports, DEFAULT_GATE_ID);
      return gateReport(ports);
    },
    'gate.resume',
  );
  addRecount(gate);
}

interface PauseOptions {
  readonly for?: number;
  readonly reason?: string;
}

function pauseTime(text: string): number {
  const durationMs = duration(text);
  if (durationMs > 0 && durationMs <= PAUSE_MS_MAX) return durationMs;
  throw new InvalidArgumentError(`It must be ${PAUSE_MS_MAX / DAY_MS} days at most.`);
}

interface RecountOptions {
  readonly repair?: true;
  readonly reason?: string;
}

function addRecount(gate: Command): void {
  const about =
    'Counts the tasks that hold a slot and compares them with the gate. With --repair it corrects the counts of the gate.';
  const recount = withReason(addCommand(gate, 'recount', about, ['gate recount', 'gate recount --repair'])).option(
    '--repair',
    'correct the counts; meanwhile no slot is granted, for half a minute at most',
  );
  runAs<RecountOptions>(recount, ({ ports }, _args, { repair = false, reason }) => {
    if (!repair) return recountReport(ports, false);
    const act = { action: 'gate.recount', target: DEFAULT_GATE_ID, reason } as const;
    return auditedCommand(ports, act, () => recountReport(ports, true));
  });
}

/** Without repair it only counts, so that an operator sees first what would be corrected. */
async function recountReport(commandPorts: CommandPorts, isRepaired: boolean): Promise<Report> {
  const ports = { ...commandPorts, due: commandPorts.store };
  const found = isRepaired
    ? await repairSlots(ports, DEFAULT_GATE_ID)
    : await recountSlots(ports, DEFAULT_GATE_ID, ports.clock.now() + RECOUNT_MS_MAX);
  if (!found) {
    throw new CommandFailure(
      'The tasks are too many to be counted in a minute.',
      'Try again when fewer are unfinished.',
    );
  }
  const { held, differences } = found;
  const rows = differences.map(({ name, counted, held: byTasks, amount }) => [
    name,
    String(counted),
    String(byTasks),
    amount > 0 ? `${amount} too many` : `${-amount} too few`,
  ]);
  const advice =
    differences.length === 0
      ? []
      : [
          '',
          isRepaired
            ? colours.green('The counts are corrected.')
            : `Correct them with \`${typed('gate recount --repair')}\`.`,
        ];
  const table = tableText(
    ['Counter', 'Gate', 'Tasks', 'The gate counts'],
    rows,
    'The gate counts what its tasks hold.',
  );
  return {
    value: { id: DEFAULT_GATE_ID, held, differences, repaired: isRepaired && differences.length > 0 },
    text: [factsText({ Gate: DEFAULT_GATE_ID, 'Tasks with a slot': String(held) }), '', table, ...advice].join('\n'),
  };
}
