// Writes metrics as lines of CloudWatch's embedded metric format: a log line that CloudWatch turns into metrics, with
// no call of its own. Names, units and dimensions are contract/metrics.ts's.
// Source: the embedded metric format specification in the CloudWatch user guide.
import { METRIC_NAMESPACE, metricDefinitions } from '../contract/metrics.ts';
import type { MetricDefinition, MetricDimension, MetricName } from '../contract/metrics.ts';
import type { Clock, MetricSink } from '../contract/ports.ts';

/**
 * Models that one process tells apart. The name comes from the client's path, each new one makes a series that is
 * paid for by the month, and nobody stops a client from making names up.
 */
const MODELS_MAX = 100;
/** Value of a dimension that cannot be told apart any more. */
const OTHER = 'other';

export interface EmfMetricsOptions {
  readonly service: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Standard output unless told otherwise; gets whole lines with their end. */
  readonly write?: (line: string) => void;
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: string[][];
  readonly Metrics: { readonly Name: string; readonly Unit: string }[];
}

export const makeEmfMetrics = ({ service, clock, write = toStandardOutput }: EmfMetricsOptions): MetricSink => {
  const models = new Set<string>();
  const modelOf = (name: string): string => {
    if (!models.has(name) && models.size < MODELS_MAX) models.add(name);
    return models.has(name) ? name : OTHER;
  };
  return {
    emit: (line) => {
      const dimensions: Partial<Record<MetricDimension, string>> = {
        ...(line.code && { code: dimensionValue(line.code) }),
        ...(line.model && { model: dimensionValue(modelOf(line.model)) }),
      };
      const values = Object.entries(line.values).filter(([, value]) => Number.isFinite(value));
      if (values.length === 0) return;
      const names = values.map(([name]) => name as MetricName);
      const root = {
        ...line.properties,
        service,
        ...dimensions,
        ...Object.fromEntries(values),
        _aws: { Timestamp: clock.now(), CloudWatchMetrics: directivesFor(names, dimensions) },
      };
      write(`${JSON.stringify(root)}\n`);
    },
  };
};

/**
 * All dimension sets of a directive hold for all its metrics, so metrics are grouped by the sets that they have:
 * always by service alone, and by each further dimension of their own that the line knows.
 */
const directivesFor = (
  names: readonly MetricName[],
  known: Readonly<Partial<Record<MetricDimension, string>>>,
): Directive[] => {
  const directives = new Map<string, Directive>();
  for (const name of names) {
    const { unit, dimensions }: MetricDefinition = metricDefinitions[name];
    const own = dimensions.filter((dimension) => known[dimension] !== undefined);
    const directive = directives.get(own.join()) ?? {
      Namespace: METRIC_NAMESPACE,
      Dimensions: [['service'], ...own.map((dimension) => ['service', dimension])],
      Metrics: [],
    };
    directive.Metrics.push({ Name: name, Unit: unit });
    directives.set(own.join(), directive);
  }
  return [...directives.values()];
};

/** CloudWatch takes printable ASCII that does not begin with a colon, and drops the whole line otherwise. */
const dimensionValue = (text: string): string => text.replaceAll(/[^ -~]|^:/g, '?').slice(0, 250) || OTHER;

const toStandardOutput = (line: string): void => {
  process.stdout.write(line);
};
