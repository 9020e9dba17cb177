// The state of the gate, in a strip: open, or why it holds all tasks, since when, and what ends it.
import { Lasting, Moment } from '../parts/time-text.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { countWords } from '../parts/words.ts';
import { gateCondition, heldTasks, openCircuits } from '../relay/gate-condition.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { ComponentChildren, JSX } from 'preact';

interface GateSummaryProps {
  readonly gate: PublicGate;
  /** At its end, such as a link to the gate. */
  readonly children?: ComponentChildren;
}

export function GateSummary({ gate, children }: GateSummaryProps): JSX.Element {
  const { pause, operator_pause } = gate;
  const condition = gateCondition(gate);
  const pill = {
    open: <StatusPill tone="good" text="open" />,
    partly: <StatusPill tone="warn" text="open but for some models" />,
    limited: <StatusPill tone="warn" text="paused" />,
    refused: <StatusPill tone="bad" text="account refused" />,
    stopped: <StatusPill tone="warn" text="paused by an operator" />,
  }[condition];
  return (
    <div class={`strip ${condition === 'open' ? 'strip-calm' : 'strip-held'}`}>
      {pill}
      {condition === 'open' && <span>Tasks go to Get3W as slots become free.</span>}
      {condition === 'partly' && <CircuitSummary gate={gate} />}
      {operator_pause && (
        <span>
          {operator_pause.until === null ? (
            'The relay submits no task until an operator resumes the gate.'
          ) : (
            <>
              The relay submits no task; it goes on <Moment at={operator_pause.until} />, or when an operator resumes
              the gate.
            </>
          )}{' '}
          Paused for <Lasting from={operator_pause.since} />, by <span class="id">{operator_pause.by}</span>
          {operator_pause.reason !== null && <>: “{operator_pause.reason}”</>}.
        </span>
      )}
      {pause?.['until'] !== undefined && (
        <span>
          Get3W answered that there are too many tasks. The gate opens again <Moment at={String(pause['until'])} />.
        </span>
      )}
      {pause?.['next_probe_at'] !== undefined && (
        <span>
          Get3W answers {pause['http_status']} for this account, so every task waits. Paused for{' '}
          <Lasting from={String(pause['since'])} />; the next probe is <Moment at={String(pause['next_probe_at'])} />.
          Fix the key or the balance at Get3W, then resume the gate.
        </span>
      )}
      {children}
    </div>
  );
}

const MODELS_NAMED = 3;

/** Which models' tasks wait because nearly all of them failed, and when the next of them is tried. */
function CircuitSummary({ gate }: { readonly gate: PublicGate }): JSX.Element {
  const circuits = openCircuits(gate);
  const names = circuits.slice(0, MODELS_NAMED).map(({ model }) => model);
  const more = circuits.length - names.length;
  const [next] = circuits.flatMap(({ next_probe_at: at }) => at ?? []).sort();
  return (
    <span>
      Nearly all tasks of <span class="id">{names.join(', ')}</span>
      {more > 0 && ` and ${countWords(more)} more`} failed, so their {countWords(heldTasks(gate))} waiting tasks are
      held back{next === undefined ? ' while a few of them are tried' : '; the next trial is '}
      {next !== undefined && <Moment at={next} />}. Tasks of other models go to Get3W.
    </span>
  );
}
