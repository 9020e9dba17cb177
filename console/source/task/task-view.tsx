// One task: its state, its history step by step, its outputs, its webhooks, and the actions on it.
import { useMemo } from 'preact/hooks';
import { errorOf, isOwnWords } from '../parts/error-keys.ts';
import { Link } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { useNow } from '../frame/use-now.ts';
import { taskPace } from '../frame/pace.ts';
import { usePolled } from '../frame/use-polled.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Fact } from '../parts/fact.tsx';
import { ErrorName } from '../parts/error-name.tsx';
import { Moment } from '../parts/time-text.tsx';
import { EmptyNote, Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { durationWords, shortId } from '../parts/words.ts';
import { TaskState, tookMs } from '../tasks/task-marks.tsx';
import { DeliveryPanel } from './delivery-panel.tsx';
import { TaskActions } from './task-actions.tsx';
import { useTaskDeliveries } from './task-deliveries.ts';
import { TaskInput } from './task-input.tsx';
import { TaskLog } from './task-log.tsx';
import { TaskOutputs } from './task-outputs.tsx';
import { TaskTimeline } from './task-timeline.tsx';
import { timelineOf } from './timeline-steps.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';

export function TaskView({ taskId }: { readonly taskId: string }): JSX.Element {
  const { client, local } = useRelay();
  const polled = usePolled({
    key: `task ${taskId}`,
    pace: () => taskPace(local),
    load: (signal) => client.get<PublicTask>(`/v1/requests/${taskId}?explain=true&details=true`, signal),
  });
  const task = polled.value;
  const isUnknown = polled.refusal?.status === 404;
  return (
    <ViewFrame
      title={`Task ${shortId(taskId)}`}
      tools={
        <>
          <Freshness of={polled} pace={taskPace(local)} />
          {task && <TaskActions task={task} onDone={polled.refresh} />}
        </>
      }
    >
      {isUnknown ? (
        <EmptyNote>
          This account has no task <span class="id">{taskId}</span>. <Link to="/tasks">All tasks</Link>
        </EmptyNote>
      ) : (
        <RefusalNote of={polled} />
      )}
      {task && <TaskPanels task={task} />}
    </ViewFrame>
  );
}

function TaskPanels({ task }: { readonly task: PublicTask }): JSX.Element {
  const now = useNow();
  const deliveries = useTaskDeliveries(task.id);
  const known = deliveries.value;
  // After its end the clock changes nothing.
  const until = task.completed_at === null ? now : 0;
  const timeline = useMemo(() => timelineOf(task, known ?? [], until), [task, known, until]);
  return (
    <>
      <TaskFacts task={task} />
      <section class="panel" aria-labelledby="timeline-title">
        <h2 id="timeline-title">What happened</h2>
        <TaskTimeline timeline={timeline} />
      </section>
      <TaskOutputs task={task} />
      <DeliveryPanel taskId={task.id} deliveries={deliveries} />
      <TaskInput task={task} />
      <TaskLog task={task} />
    </>
  );
}

function TaskFacts({ task }: { readonly task: PublicTask }): JSX.Element {
  const now = useNow();
  const isFailed = task.status === 'failed' && task.code !== null;
  return (
    <section class="panel" aria-label="State of the task">
      <dl class="facts">
        <Fact name="State">
          <TaskState task={task} />
        </Fact>
        <Fact name="Id" isWide>
          <span class="id">{task.id}</span> <CopyButton text={task.id} what="the id" />
        </Fact>
        {task.account !== undefined && (
          <Fact name="Account" isWide>
            <Link to={`/tasks?account=${encodeURIComponent(task.account)}`} class="id">
              {task.account}
            </Link>
          </Fact>
        )}
        <Fact name="Model" isWide>
          <Link to={`/tasks?model=${encodeURIComponent(task.model)}`}>{task.model}</Link>
        </Fact>
        <Fact name="Accepted">
          <Moment at={task.created_at} />
        </Fact>
        <Fact name={task.completed_at === null ? 'So far' : 'Took'}>{durationWords(tookMs(task, now))}</Fact>
        <Fact name="Attempts">{task.attempts.at(-1)?.attempt ?? 0}</Fact>
        {task.next_attempt_at !== null && task.completed_at === null && (
          <Fact name="Next attempt">
            <Moment at={task.next_attempt_at} />
          </Fact>
        )}
        <SubmitFacts task={task} />
        {task.waits && (
          <Fact name="Waits" isWide>
            {task.waits.text}
          </Fact>
        )}
      </dl>
      {isFailed && (
        <p class="verdict">
          <ErrorName level="task" code={task.code ?? ''} /> <VerdictText task={task} />
        </p>
      )}
    </section>
  );
}

/** What its submit said; absent from relays that do not tell it. */
function SubmitFacts({ task }: { readonly task: PublicTask }): JSX.Element | null {
  const { details } = task;
  if (!details) return null;
  return (
    <>
      {task.completed_at === null && (
        <Fact name="Deadline">
          <Moment at={details.deadline_at} />
        </Fact>
      )}
      {details.priority_seconds > 0 && <Fact name="Priority">{durationWords(details.priority_seconds * 1_000)}</Fact>}
      {details.correlation_id !== null && (
        <Fact name="Correlation id" isWide>
          <span class="id">{details.correlation_id}</span>
        </Fact>
      )}
    </>
  );
}

function VerdictText({ task }: { readonly task: PublicTask }): JSX.Element {
  const code = task.code ?? '';
  const entry = errorOf('task', code);
  return (
    <span>
      {entry?.sentence} {entry?.transient === false && 'A retry would not help: the request is at fault.'}
      {task.error !== null && isOwnWords(task.error, 'task', code) && <> “{task.error}”</>}
    </span>
  );
}
