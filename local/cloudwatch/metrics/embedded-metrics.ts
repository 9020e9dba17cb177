// Reads metric lines in CloudWatch's embedded metric format: what a function prints is what it measures. Other lines
// and malformed ones are ignored, as in CloudWatch.
import type { Measurement } from './metric-store.ts';

interface MetricDirective {
  readonly Namespace: string;
  readonly Dimensions?: readonly (readonly string[])[];
  readonly Metrics?: readonly { readonly Name: string; readonly Unit?: string }[];
}

interface EmbeddedLine extends Readonly<Record<string, unknown>> {
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly MetricDirective[] };
}

/**
 * Measurements of a printed line: each metric once for every set of dimensions.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readEmbeddedMetrics(text: string): readonly Measurement[] {
  const line = parseLine(text);
  if (line === undefined) return [];
  return line._aws.CloudWatchMetrics.flatMap((directive) =>
    (directive.Dimensions ?? [[]]).flatMap((names) => {
      const dimensions = readDimensions(line, names);
      // CloudWatch drops a set whose dimension has no value in the line.
      if (dimensions === undefined) return [];
      return (directive.Metrics ?? []).flatMap(({ Name: name, Unit: unit = 'None' }) => {
        const values = readValues(line[name]);
        return values.length === 0
          ? []
          : [{ namespace: directive.Namespace, name, dimensions, unit, values, at: line._aws.Timestamp }];
      });
    }),
  );
}

function parseLine(text: string): EmbeddedLine | undefined {
  // Most lines are not metric lines: a search for the word is cheaper than parsing.
  if (!text.startsWith('{') || !text.includes('"_aws"')) return undefined;
  try {
    const line = JSON.parse(text) as Partial<EmbeddedLine>;
    const isEmbedded = typeof line._aws?.Timestamp === 'number' && Array.isArray(line._aws.CloudWatchMetrics);
    return isEmbedded ? (line as EmbeddedLine) : undefined;
  } catch {
    return undefined;
  }
}

function readDimensions(line: EmbeddedLine, names: readonly string[]): Readonly<Record<string, string>> | undefined {
  const entries = names.map((name) => [name, line[name]] as const);
  return entries.every(([, value]) => typeof value === 'string' && value !== '')
    ? (Object.fromEntries(entries) as Record<string, string>)
    : undefined;
}

function readValues(value: unknown): readonly number[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(
    (number): number is number => typeof number === 'number' && Number.isFinite(number),
  );
}
