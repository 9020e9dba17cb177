// Lines of the embedded metric format: what CloudWatch will make metrics of, and by which dimensions.
import { describe, expect, it } from 'vitest';
import { makeEmfMetrics } from '../../../core/adapters/emf-metrics.ts';
import { METRIC_NAMESPACE } from '../../../core/contract/metrics.ts';
import type { MetricLine } from '../../../core/contract/metrics.ts';

interface EmfLine extends Record<string, unknown> {
  _aws?: { Timestamp: number; CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: unknown[] }[] };
}

const MODEL = 'vendor/model/task';

function emitted(...lines: MetricLine[]): EmfLine[] {
  return emittedBy([MODEL], ...lines);
}

function emittedBy(models: readonly string[], ...lines: MetricLine[]): EmfLine[] {
  const written: string[] = [];
  const metrics = makeEmfMetrics({
    service: 'settle',
    clock: { now: () => 1_234 },
    models,
    write: (line) => written.push(line),
  });
  for (const line of lines) metrics.emit(line);
  expect(written.every((line) => line.endsWith('}\n') && !line.slice(0, -1).includes('\n'))).toBe(true);
  return written.map((line) => JSON.parse(line) as EmfLine);
}

function directivesOf(line: EmfLine | undefined) {
  return line?._aws?.CloudWatchMetrics ?? [];
}

describe('a line of metrics', () => {
  it('names each metric with its unit, its value and the time', () => {
    const [line] = emitted({ values: { EndToEndTime: 1_500.5, TasksAccepted: 1 } });

    expect(line).toEqual({
      service: 'settle',
      EndToEndTime: 1_500.5,
      TasksAccepted: 1,
      _aws: {
        Timestamp: 1_234,
        CloudWatchMetrics: [
          {
            Namespace: METRIC_NAMESPACE,
            Dimensions: [['service']],
            Metrics: [
              { Name: 'EndToEndTime', Unit: 'Milliseconds' },
              { Name: 'TasksAccepted', Unit: 'Count' },
            ],
          },
        ],
      },
    });
  });

  it('gives a metric the dimensions of its own definition and no others', () => {
    const values = { TasksEnded: 1, AttemptsFailed: 1, AttemptsEnded: 3, ApiAnswers: 1 };
    const [line] = emitted({ values, code: 'task-5003', model: MODEL });

    expect(directivesOf(line).map(({ Dimensions, Metrics }) => [Dimensions, Metrics])).toEqual([
      [[['service'], ['service', 'code'], ['service', 'model']], [{ Name: 'TasksEnded', Unit: 'Count' }]],
      [[['service'], ['service', 'code']], [{ Name: 'AttemptsFailed', Unit: 'Count' }]],
      [[['service']], [{ Name: 'AttemptsEnded', Unit: 'Count' }]],
      [[['service', 'code']], [{ Name: 'ApiAnswers', Unit: 'Count' }]],
    ]);
    expect(line).toMatchObject({ code: 'task-5003', model: MODEL, ...values });
  });

  it('is a plain line of the log when nothing in it is worth a series', () => {
    const [line] = emitted({ values: { BackoffGiven: 1_500 }, code: 'http-429', properties: { taskId: 't1' } });

    expect(line).toEqual({ taskId: 't1', service: 'settle', code: 'http-429', BackoffGiven: 1_500 });
  });

  it('makes no datapoint of a zero without information', () => {
    const [line] = emitted({ values: { SlotsInUse: 0, TasksWaiting: 0, SweepRepairs: 0, OverdueAge: 9 } });

    expect(directivesOf(line).flatMap(({ Metrics }) => Metrics)).toEqual([
      { Name: 'SlotsInUse', Unit: 'Count' },
      { Name: 'OverdueAge', Unit: 'Seconds' },
    ]);
    expect(line).toMatchObject({ TasksWaiting: 0, SweepRepairs: 0 });
  });

  it('names no dimension that the line does not know', () => {
    const [line] = emitted({ values: { TasksEnded: 1 }, code: 'task-0' });

    expect(directivesOf(line)[0]?.Dimensions).toEqual([['service'], ['service', 'code']]);
  });

  it('carries ids as properties, which never displace a dimension or a value', () => {
    const properties = { taskId: 't1', service: 'forged', TasksEnded: 99 };
    const [line] = emitted({ values: { TasksEnded: 1 }, properties });

    expect(line).toMatchObject({ taskId: 't1', service: 'settle', TasksEnded: 1 });
  });

  it('leaves out what is not a number, and writes nothing when nothing is left', () => {
    const [line, ...others] = emitted(
      { values: { TasksEnded: Number.NaN, TasksAccepted: 2 } },
      { values: { OverdueAge: Number.POSITIVE_INFINITY } },
      { values: {} },
    );

    expect(directivesOf(line)[0]?.Metrics).toEqual([{ Name: 'TasksAccepted', Unit: 'Count' }]);
    expect(others).toEqual([]);
  });

  it('has one series for each model of the settings and one for all others, which the log names', () => {
    const [known, unknown] = emitted(
      { values: { TasksEnded: 1 }, model: MODEL },
      { values: { TasksEnded: 1 }, model: 'made/up/name' },
    );

    expect(known).toMatchObject({ model: MODEL, modelName: MODEL });
    expect(unknown).toMatchObject({ model: 'other', modelName: 'made/up/name' });
  });

  it('has no series by model when the settings name none', () => {
    const [line] = emittedBy([], { values: { TasksEnded: 1 }, model: MODEL });

    expect(directivesOf(line)[0]?.Dimensions).toEqual([['service']]);
    expect(line).toMatchObject({ modelName: MODEL });
    expect(line).not.toHaveProperty('model');
  });

  it('makes a dimension of any text that CloudWatch takes', () => {
    const name = `:väter/\n${'x'.repeat(300)}`;
    const [line] = emittedBy([name], { values: { TasksEnded: 1 }, model: name });

    expect(line?.['model']).toMatch(/^\?v\?ter\/\?x+$/);
    expect(String(line?.['model'])).toHaveLength(250);
  });
});
