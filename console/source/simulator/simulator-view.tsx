// The simulator's controls, for a local relay only: how often Get3W fails and how, how long tasks take, and traffic
// that shows the effect. simulator/README.md explains each setting.
import { Link } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { giveNotice } from '../frame/notices.tsx';
import { RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { countWords, durationWords, percentWords, plural } from '../parts/words.ts';
import { faultGroups } from './fault-steps.ts';
import { Slider } from './slider.tsx';
import { sendTraffic, TRAFFIC_MAX, useTraffic } from './traffic.ts';
import { useSimulator } from './use-simulator.ts';
import type { SimulatorChange, SimulatorSettings } from '../relay/local-runtime.ts';
import type { FaultGroup } from './fault-steps.ts';
import type { JSX } from 'preact';

const DURATION_MS_MAX = 20_000;

interface PanelProps {
  readonly settings: SimulatorSettings;
  readonly onChange: (change: SimulatorChange) => void;
}

export function SimulatorView(): JSX.Element {
  const { polled, settings, refusal, apply } = useSimulator();
  const calm = (): void => {
    apply({ faults: {}, webhook: { lost: 0, doubled: 0, early: 0, late: 0 } });
    giveNotice('All faults are off');
  };
  return (
    <ViewFrame
      title="Simulator"
      tools={
        <button type="button" class="button" onClick={calm}>
          Turn all faults off
        </button>
      }
    >
      <p class="note">
        A simulator on this machine takes the place of Get3W. Each slider sets the share of ordinary submits that meet
        the fault; the <Link to="/">Overview</Link> shows how the relay copes.
      </p>
      <RefusalNote of={polled} />
      {refusal !== undefined && (
        <p class="note note-bad" role="alert">
          {refusal}
        </p>
      )}
      {settings && (
        <div class="panels-flow">
          <TrafficPanel />
          {faultGroups.map((group) => (
            <FaultPanel key={group.title} group={group} settings={settings} onChange={apply} />
          ))}
          <WebhookPanel settings={settings} onChange={apply} />
          <ShapePanel settings={settings} onChange={apply} />
        </div>
      )}
    </ViewFrame>
  );
}

function FaultPanel({ group, settings, onChange }: PanelProps & { readonly group: FaultGroup }): JSX.Element {
  const change = (step: string, percent: number): void => {
    const { [step]: _old, ...others } = settings.faults;
    onChange({ faults: percent === 0 ? others : { ...others, [step]: percent / 100 } });
  };
  return (
    <section class="panel" aria-label={group.title}>
      <h2>{group.title}</h2>
      {group.faults.map(({ step, name, sentence }) => (
        <Slider
          key={step}
          name={name}
          hint={sentence}
          value={Math.round(100 * (settings.faults[step] ?? 0))}
          max={100}
          step={5}
          words={percentWords}
          onChange={(percent) => change(step, percent)}
        />
      ))}
    </section>
  );
}

const webhookFaults = [
  { field: 'lost', name: 'Lost', hint: 'Never arrives; the relay polls for the outcome.' },
  { field: 'late', name: 'Late', hint: 'Arrives half a minute later.' },
  { field: 'doubled', name: 'Doubled', hint: 'Arrives twice.' },
  { field: 'early', name: 'Early', hint: 'Arrives before the answer to the submit.' },
] as const;

function WebhookPanel({ settings, onChange }: PanelProps): JSX.Element {
  return (
    <section class="panel" aria-label="Get3W’s webhooks">
      <h2>Get3W’s webhooks</h2>
      {webhookFaults.map(({ field, name, hint }) => (
        <Slider
          key={field}
          name={name}
          hint={hint}
          value={Math.round(100 * settings.webhook[field])}
          max={100}
          step={5}
          words={percentWords}
          onChange={(percent) => onChange({ webhook: { [field]: percent / 100 } })}
        />
      ))}
    </section>
  );
}

/** Low ones show the effect of the limit; the last position means no limit. */
const slotSteps = [1, 2, 5, 10, 25, 50, 100, 300] as const;

function ShapePanel({ settings, onChange }: PanelProps): JSX.Element {
  const position = slotSteps.findIndex((slots) => slots >= (settings.concurrency ?? Infinity));
  return (
    <section class="panel" aria-label="Pace and limit">
      <h2>Pace and limit</h2>
      <Slider
        name="A task takes"
        isFault={false}
        value={settings.durationMs}
        max={DURATION_MS_MAX}
        step={200}
        words={durationWords}
        onChange={(durationMs) => onChange({ durationMs: Math.max(1, durationMs) })}
      />
      <Slider
        name="Concurrent tasks before a 429"
        isFault={false}
        value={position < 0 ? slotSteps.length : position}
        max={slotSteps.length}
        step={1}
        words={(index) => (slotSteps[index] === undefined ? 'no limit' : countWords(slotSteps[index]))}
        onChange={(index) => onChange({ concurrency: slotSteps[index] ?? null })}
      />
    </section>
  );
}

function TrafficPanel(): JSX.Element {
  const { client } = useRelay();
  const traffic = useTraffic();
  return (
    <section class="panel" aria-label="Traffic of this page">
      <h2>Traffic</h2>
      <Slider
        name="Tasks a second from this page"
        hint="For as long as the page is open; alarms about rates need some twenty attempts a period."
        value={traffic.perSecond}
        max={TRAFFIC_MAX}
        step={1}
        words={(perSecond) => (perSecond === 0 ? 'none' : `${perSecond} a second`)}
        onChange={(perSecond) => sendTraffic(client, perSecond)}
      />
      {traffic.sent > 0 && (
        <p class="faint">
          {plural(traffic.sent, 'task')} sent{traffic.refusal !== undefined && `; the last answer: ${traffic.refusal}`}
        </p>
      )}
    </section>
  );
}
