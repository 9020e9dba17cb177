// The gate before Get3W: its slots and the tasks that hold them, the waiting tasks, why it is paused, which circuits
// are open; and buttons to pause and resume it, which ask for confirmation.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { usualPace } from '../frame/pace.ts';
import { useGate } from '../frame/use-gate.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { StatTile } from '../parts/stat-tile.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { Lasting, Moment } from '../parts/time-text.tsx';
import { EmptyNote, Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { countWords, plural, shortId } from '../parts/words.ts';
import { gateCondition, openCircuits, waitingTasks } from '../relay/gate-condition.ts';
import { AccountWaits } from './account-waits.tsx';
import { GateSummary } from './gate-summary.tsx';
import { PauseDialog } from './pause-dialog.tsx';
import { SlotHistory } from './slot-history.tsx';
import { SlotMeter } from './slot-meter.tsx';
import type { Polled } from '../frame/use-polled.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { JSX } from 'preact';

export function GateView(): JSX.Element {
  const { local } = useRelay();
  const polled = useGate();
  const gate = polled.value;
  return (
    <ViewFrame
      title="Gate"
      tools={
        <>
          <Freshness of={polled} pace={usualPace(local)} />
          {gate && <GateLevers gate={gate} polled={polled} />}
        </>
      }
    >
      <RefusalNote of={polled} />
      {gate && (
        <>
          <GateSummary gate={gate} />
          <section class="panel" aria-labelledby="slots-title">
            <h2 id="slots-title">Slots</h2>
            <SlotMeter gate={gate} />
            <SlotFigures gate={gate} />
          </section>
          <SlotHistory />
          <div class="panels panels-two">
            <WaitingPanel gate={gate} />
            <CircuitPanel gate={gate} />
          </div>
        </>
      )}
    </ViewFrame>
  );
}

function SlotFigures({ gate }: { readonly gate: PublicGate }): JSX.Element {
  return (
    <dl class="tiles tiles-plain">
      <StatTile name="In flight" value={countWords(gate.in_flight)} beside={`of ${countWords(gate.limit)}`} />
      <StatTile name="Retries in flight" value={countWords(gate.retries_in_flight)} />
      <StatTile
        name="Limit"
        value={countWords(gate.limit)}
        beside={gate.limit_is_bounded ? 'Get3W refuses more' : 'the gate is still learning it'}
      />
      <StatTile name="Proven" value={countWords(gate.proven)} beside="at once without a 429" />
      <StatTile name="Waiting" value={countWords(waitingTasks(gate))} />
    </dl>
  );
}

function WaitingPanel({ gate }: { readonly gate: PublicGate }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="waiting-title">
      <h2 id="waiting-title">Waiting tasks</h2>
      {gate.waiting.length === 0 ? (
        <EmptyNote>No task waits: there is a slot for every one.</EmptyNote>
      ) : (
        <>
          <AccountWaits accounts={gate.accounts} />
          <div class="scroll" tabIndex={0} role="region" aria-label="Waiting tasks by account and model">
            <table class="plain">
              <thead>
                <tr>
                  <th scope="col">Model</th>
                  <th scope="col">Account</th>
                  <th scope="col">Kind</th>
                  <th scope="col" class="number">
                    Tasks
                  </th>
                </tr>
              </thead>
              <tbody>
                {gate.waiting.map(({ kind, account_id, model, tasks }) => (
                  <tr key={`${kind} ${account_id} ${model}`}>
                    <th scope="row">{model}</th>
                    <td class="id cell-account" title={account_id}>
                      {shortId(account_id)}
                    </td>
                    <td>{kind}</td>
                    <td class="number">{countWords(tasks)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {!gate.waiting_is_complete && <p class="note">More accounts wait than are shown here.</p>}
    </section>
  );
}

function CircuitPanel({ gate }: { readonly gate: PublicGate }): JSX.Element {
  const circuits = openCircuits(gate);
  return (
    <section class="panel" aria-labelledby="circuits-title">
      <h2 id="circuits-title">Circuits</h2>
      {circuits.length === 0 ? (
        <EmptyNote>All closed: the relay submits tasks of every model.</EmptyNote>
      ) : (
        <ul class="circuits">
          {circuits.map(({ model, state, since, failed_probes, next_probe_at }) => (
            <li key={model}>
              <span class="circuit-model">{model}</span>
              {state === 'open' ? (
                <StatusPill tone="bad" text="open" label="open: its tasks wait" />
              ) : (
                <StatusPill tone="warn" text="half open" label="half open: the gate submits a few of its tasks" />
              )}
              <span class="faint">
                for <Lasting from={since} />
                {failed_probes > 0 && `, ${plural(failed_probes, 'probe')} failed`}
                {next_probe_at !== null && (
                  <>
                    , next probe <Moment at={next_probe_at} />
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface GateLeversProps {
  readonly gate: PublicGate;
  readonly polled: Polled<PublicGate>;
}

function GateLevers({ gate, polled }: GateLeversProps): JSX.Element {
  const { client } = useRelay();
  const [asked, setAsked] = useState<'pause' | 'resume'>();
  const resume = async (): Promise<void> => {
    await client.post('/v1/gate/resume');
    giveNotice('The gate is open');
    polled.refresh();
  };
  const close = (): void => setAsked(undefined);
  return (
    <>
      {gate.operator_pause === null && (
        <button type="button" class="button" onClick={() => setAsked('pause')}>
          Pause
        </button>
      )}
      {!['open', 'partly'].includes(gateCondition(gate)) && (
        <button type="button" class="button button-strong" onClick={() => setAsked('resume')}>
          Resume
        </button>
      )}
      {asked === 'pause' && <PauseDialog onDone={polled.refresh} onClose={close} />}
      {asked === 'resume' && (
        <ActionDialog title="Resume the gate?" action="Resume the gate" onAction={resume} onClose={close}>
          <p>
            This lifts every pause, including one that Get3W’s answers caused, and gives the free slots to waiting tasks
            at once.
          </p>
        </ActionDialog>
      )}
    </>
  );
}
