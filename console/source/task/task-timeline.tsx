// One task over time: a list of steps from top to bottom, each with a bar that shows when it was and how long it took,
// all on one scale.
import { errorOf, isOwnWords } from '../parts/error-keys.ts';
import { ErrorName } from '../parts/error-name.tsx';
import { StatePill, StatusPill, toneOf } from '../parts/status-pill.tsx';
import { Moment } from '../parts/time-text.tsx';
import { clockTime, durationWords } from '../parts/words.ts';
import { timeMarks } from './time-marks.ts';
import type { PublicAttempt, PublicTask } from '../../../core/http/public-task.ts';
import type { ComponentChildren, JSX } from 'preact';
import type { Timeline, TimelineStep } from './timeline-steps.ts';

export function TaskTimeline({ timeline }: { readonly timeline: Timeline }): JSX.Element {
  return (
    <ol class="timeline">
      <TimeScale spanMs={timeline.to - timeline.from} />
      {timeline.steps.map((step, index) => (
        <li key={stepKey(step)} class={`step step-${step.kind}`}>
          <div class="step-text">
            <StepText step={step} />
          </div>
          {index < timeline.lateFrom ? (
            <StepBar step={step} timeline={timeline} />
          ) : (
            <p class="step-late">{durationWords(step.from - timeline.to)} later, off the scale</p>
          )}
        </li>
      ))}
    </ol>
  );
}

/** A label that begins here would overflow the scale. */
const LATE_PERCENT = 90;

/** Above the bars: round times since the relay accepted the task. */
function TimeScale({ spanMs }: { readonly spanMs: number }): JSX.Element {
  return (
    <li class="scale" aria-hidden="true">
      {timeMarks(spanMs).marks.map((atMs) => {
        const percent = (100 * atMs) / spanMs;
        return (
          <span key={atMs} class={percent > LATE_PERCENT ? 'scale-late' : ''} style={{ left: `${percent}%` }}>
            {atMs === 0 ? '0' : durationWords(atMs)}
          </span>
        );
      })}
    </li>
  );
}

function stepKey(step: TimelineStep): string {
  return `${step.kind} ${step.from}`;
}

function StepText({ step }: { readonly step: TimelineStep }): JSX.Element {
  switch (step.kind) {
    case 'wait':
      return <WaitText step={step} />;
    case 'attempt':
      return <AttemptText attempt={step.attempt} tookMs={step.to - step.from} />;
    case 'end':
      return <EndText task={step.task} />;
    case 'webhook':
      return <WebhookText step={step} />;
  }
}

interface HeadProps {
  readonly title: string;
  readonly pill?: ComponentChildren;
  readonly at: number;
  readonly tookMs?: number;
}

function StepHead({ title, pill, at, tookMs }: HeadProps): JSX.Element {
  return (
    <p class="step-head">
      <span class="step-title">{title}</span>
      {pill}
      <span class="step-time">
        {clockTime(at)}
        {tookMs !== undefined && tookMs > 0 && ` · ${durationWords(tookMs)}`}
      </span>
    </p>
  );
}

function WaitText({ step }: { readonly step: Extract<TimelineStep, { kind: 'wait' }> }): JSX.Element {
  const tookMs = step.to - step.from;
  const title = step.why === 'first' ? 'Waited for a slot' : 'Backed off';
  const given = step.delayMs !== null && step.why === 'backoff' ? `at least ${durationWords(step.delayMs)}` : undefined;
  return (
    <>
      <StepHead
        title={step.isOpen ? (step.why === 'first' ? 'Waiting for a slot' : 'Backing off') : title}
        at={step.from}
        tookMs={tookMs}
      />
      {(given !== undefined || step.dueAt !== null) && (
        <p class="step-detail">
          {given}
          {given !== undefined && step.dueAt !== null && '; '}
          {step.dueAt !== null && (
            <>
              next attempt <Moment at={new Date(step.dueAt).toISOString()} />
            </>
          )}
        </p>
      )}
    </>
  );
}

function AttemptText({ attempt, tookMs }: { readonly attempt: PublicAttempt; readonly tookMs: number }): JSX.Element {
  const { level, code, error, request_id, doubt, unused_success: isUnused } = attempt;
  const hasFailed = code !== null && code !== 0;
  const sentence = hasFailed ? errorOf(level, code)?.sentence : undefined;
  return (
    <>
      <StepHead
        title={`Attempt ${attempt.attempt}`}
        pill={<StatePill state={attempt.status} />}
        at={Date.parse(attempt.started_at)}
        tookMs={tookMs}
      />
      {hasFailed && (
        <p class="step-error">
          <ErrorName level={level} code={code} />{' '}
          {sentence !== undefined && <span class="step-detail">{sentence}</span>}
        </p>
      )}
      {hasFailed && error !== null && isOwnWords(error, level, code) && <p class="step-detail">“{error}”</p>}
      {doubt && <DoubtText resolution={doubt.resolution} />}
      {isUnused && <p class="step-detail">It succeeded after the task had ended: probably charged without use.</p>}
      {request_id !== null && (
        <p class="step-detail">
          At Get3W: <span class="id">{request_id}</span>
        </p>
      )}
    </>
  );
}

function DoubtText({ resolution }: { readonly resolution: string | null }): JSX.Element {
  return (
    <p class="step-detail">
      Its answer was lost{resolution === null && ': the relay submits again only once it knows the outcome'}.{' '}
      {resolution !== null && resolutionWords[resolution]}
    </p>
  );
}

const resolutionWords: Readonly<Record<string, string>> = {
  found: 'Get3W had accepted it after all, so the relay submitted nothing twice.',
  refused: 'Get3W had made no task of it.',
  resubmitted: 'Get3W reported nothing about it during the hold, so the relay submitted the task again.',
  'given-up': 'Get3W reported nothing about it before the task ended.',
};

function EndText({ task }: { readonly task: PublicTask }): JSX.Element {
  return (
    <>
      <StepHead title={endWords[task.status] ?? 'Ended'} at={Date.parse(task.completed_at ?? task.updated_at)} />
      <p class="step-detail">
        {durationWords(Date.parse(task.completed_at ?? task.updated_at) - Date.parse(task.created_at))} after it was
        accepted
      </p>
    </>
  );
}

const endWords: Readonly<Record<string, string>> = {
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

function WebhookText({ step }: { readonly step: Extract<TimelineStep, { kind: 'webhook' }> }): JSX.Element {
  const { attempt, delivery } = step;
  const isTaken = attempt.http_status !== null && attempt.http_status >= 200 && attempt.http_status < 300;
  const answer = attempt.http_status === null ? (attempt.error ?? 'no answer') : `answered ${attempt.http_status}`;
  return (
    <>
      <StepHead
        title={`Webhook, call ${attempt.attempt}`}
        pill={<StatusPill tone={isTaken ? 'good' : 'bad'} text={answer} />}
        at={step.from}
        tookMs={attempt.duration_ms}
      />
      <p class="step-detail step-address">{delivery.receiver}</p>
    </>
  );
}

function StepBar({ step, timeline }: { readonly step: TimelineStep; readonly timeline: Timeline }): JSX.Element {
  const scale = (moment: number): number => (100 * (moment - timeline.from)) / (timeline.to - timeline.from);
  const part = (from: number, to: number) => ({
    left: `${scale(from)}%`,
    width: `${Math.max(0, scale(to) - scale(from))}%`,
  });
  const accepted = step.kind === 'attempt' ? step.acceptedAt : null;
  const grid = scale(timeline.from + timeMarks(timeline.to - timeline.from).stepMs);
  return (
    <div class="step-track" style={{ backgroundSize: `${grid}% 100%` }} aria-hidden="true">
      <span
        class={`bar bar-${step.kind} bar-${barTone(step)} ${step.isOpen ? 'bar-open' : ''}`}
        style={part(step.from, step.to)}
      />
      {accepted !== null && <span class="bar bar-submit" style={part(step.from, Math.min(accepted, step.to))} />}
    </div>
  );
}

function barTone(step: TimelineStep): string {
  switch (step.kind) {
    case 'wait':
      return 'idle';
    case 'attempt':
      return toneOf(step.attempt.status);
    case 'end':
      return toneOf(step.task.status);
    case 'webhook':
      return step.delivery.status === 'delivered' ? 'good' : 'warn';
  }
}
