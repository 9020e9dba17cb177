// Writes metrics as lines of CloudWatch's embedded metric format: a log line that CloudWatch turns into metrics,
// without a call. contract/metrics.ts defines names, units and dimensions.
// Source: the embedded metric format specification in the CloudWatch user guide.
import { METRIC_NAMESPACE, metricDefinitions } from '../contract/metrics.ts';
import type { MetricDefinition, MetricDimension, MetricName } from '../contract/metrics.ts';
import type { Clock, MetricSink } from '../ports/ports.ts';

/** Value of a dimension that has no series of its own. */
const OTHER = 'other';

interface EmfMetricsOptions {
  readonly service: string;
  readonly clock: Pick<Clock, 'now'>;
  /**
   * Models with series of their own; the others are counted as one. The name comes from the client's path, and a client
   * can invent names, but each series is paid by the month. @default none, and no series by model
   */
  readonly models?: readonly string[];
  /** Standard output by default; receives whole lines including the line break. */
  readonly write?: (line: string) => void;
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: string[][];
  readonly Metrics: { readonly Name: string; readonly Unit: string }[];
}

export function makeEmfMetrics({
  service,
  clock,
  models = [],
  write = toStandardOutput,
}: EmfMetricsOptions): MetricSink {
  const modelOf = (name: string): string => (models.includes(name) ? name : OTHER);
  return {
    emit: (line) => {
      const code = line.code && dimensionValue(line.code);
      const model = line.model && models.length > 0 ? dimensionValue(modelOf(line.model)) : undefined;
      const values = Object.entries(line.values).filter(([, value]) => Number.isFinite(value));
      if (values.length === 0) return;
      const measured = values.filter(([name, value]) => isDatapoint(name as MetricName, value));
      const directives = directivesFor(
        measured.map(([name]) => name as MetricName),
        { ...(code && { code }), ...(model && { model }) },
      );
      const root = {
        ...line.properties,
        service,
        ...(code && { code }),
        ...(model && { model }),
        // Queries of the log can tell every model apart: there it costs nothing.
        ...(line.model && { modelName: dimensionValue(line.model) }),
        ...Object.fromEntries(values),
        // A line for the log alone is a plain one.
        ...(directives.length > 0 && { _aws: { Timestamp: clock.now(), CloudWatchMetrics: directives } }),
      };
      write(`${JSON.stringify(root)}\n`);
    },
  };
}

/** Whether a value goes into a series, or only into its line. */
function isDatapoint(name: MetricName, value: number): boolean {
  const { kept, zero }: MetricDefinition = metricDefinitions[name];
  return kept === 'series' && (value !== 0 || zero === 'reported');
}

/**
 * All dimension sets of a directive apply to all its metrics, so metrics are grouped by the sets that they have: by
 * service alone unless they have no total, and by each other dimension of theirs that the line contains.
 */
function directivesFor(
  names: readonly MetricName[],
  known: Readonly<Partial<Record<MetricDimension, string>>>,
): Directive[] {
  const directives = new Map<string, Directive>();
  for (const name of names) {
    const { unit, dimensions, hasTotal }: MetricDefinition = metricDefinitions[name];
    const own = dimensions.filter((dimension) => known[dimension] !== undefined);
    const sets = [...(hasTotal ? [['service']] : []), ...own.map((dimension) => ['service', dimension])];
    if (sets.length === 0) continue;
    const key = JSON.stringify(sets);
    const directive = directives.get(key) ?? { Namespace: METRIC_NAMESPACE, Dimensions: sets, Metrics: [] };
    directive.Metrics.push({ Name: name, Unit: unit });
    directives.set(key, directive);
  }
  return [...directives.values()];
}

/** CloudWatch accepts printable ASCII that does not begin with a colon, and drops the whole line otherwise. */
function dimensionValue(text: string): string {
  return text.replaceAll(/[^ -~]|^:/g, '?').slice(0, 250) || OTHER;
}

function toStandardOutput(line: string): void {
  process.stdout.write(line);
}
