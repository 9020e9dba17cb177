// `relay doctor`: runs one check after the other, and prints what to do about each one that fails.
// The checks are in cli/checks; the exit code is 1 when any check failed, and 0 when there are only warnings.
import colours from 'picocolors';
import { accountChecks } from '../checks/account-checks.ts';
import { addressChecks } from '../checks/address-checks.ts';
import { runCheck } from '../checks/check.ts';
import { storageChecks } from '../checks/storage-checks.ts';
import { SCRIPTED_MODEL, taskCheck } from '../checks/task-check.ts';
import { watchChecks } from '../checks/watch-checks.ts';
import { exitCodes } from '../command-failure.ts';
import { addCommand, runAs } from '../add-command.ts';
import type { Command } from 'commander';
import type { CheckContext, CheckResult, CheckStatus } from '../checks/check.ts';
import type { Report } from '../terminal.ts';

interface DoctorOptions {
  readonly task?: string | false;
}

const checks = [...addressChecks, ...storageChecks, ...accountChecks, ...watchChecks, taskCheck];

const marks: Readonly<Record<CheckStatus, string>> = {
  ok: colours.green('ok     '),
  warning: colours.yellow('warning'),
  failed: colours.red('FAILED '),
  skipped: colours.dim('skipped'),
};

function resultText({ name, status, detail, advice }: CheckResult): string {
  return [
    `${marks[status]}  ${name.padEnd(12)}  ${detail}`,
    ...(advice === undefined ? [] : [`${' '.repeat(23)}→ ${advice}`]),
  ].join('\n');
}

async function examine(context: CheckContext): Promise<Report> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const result = await runCheck(check, context);
    results.push(result);
    context.terminal.note(resultText(result));
  }
  const count = (status: CheckStatus): number => results.filter((result) => result.status === status).length;
  const text = `\n${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed, ${count('skipped')} skipped`;
  return {
    value: { relay: context.target.name, url: context.target.url, is_well: count('failed') === 0, checks: results },
    text,
    exitCode: count('failed') === 0 ? exitCodes.done : exitCodes.failed,
  };
}

export function addDoctorCommand(program: Command): void {
  return runAs<DoctorOptions>(
    addCommand(program, 'doctor', 'Checks a relay end to end and says how to fix what is wrong.', [
      'doctor',
      'doctor --stack get3w-relay',
      'doctor --stack get3w-relay --task google/nano-banana-pro/text-to-image',
    ])
      .option(
        '--task <model>',
        'submits a task of this model, which Get3W charges for (default: a free task, with a simulator)',
      )
      .option('--no-task', 'submits no task'),
    async (context, _args, { task }) => {
      const isSimulated = context.target.simulatorUrl !== undefined;
      const wanted = typeof task === 'string' ? task : undefined;
      const taskModel = task === false ? undefined : (wanted ?? (isSimulated ? SCRIPTED_MODEL : undefined));
      return examine({ ...context, taskModel });
    },
  );
}
