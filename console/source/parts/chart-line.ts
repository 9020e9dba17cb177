// What a chart over time is made of, as line-chart.tsx takes it and line-plot.ts draws it.

export type ChartUnit = 'percent' | 'count' | 'ms';

export interface ChartLine {
  readonly label: string;
  /** A custom property of the style sheet, such as `--series-1`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isStrong?: boolean;
  readonly isDashed?: boolean;
  readonly isFilled?: boolean;
  readonly isHidden?: boolean;
}

interface Threshold {
  readonly value: number;
  readonly label: string;
}

export interface ChartProps {
  /** What it shows, for screen readers. */
  readonly label: string;
  /** Milliseconds since the epoch, in order. */
  readonly times: readonly number[];
  /** How many of the periods are over; the next is drawn as one that is not. */
  readonly wholeCount?: number;
  readonly lines: readonly ChartLine[];
  readonly unit: ChartUnit;
  readonly thresholds?: readonly Threshold[];
  /** Minimum height. */
  readonly heightPixels?: number;
  /** Index of the line to highlight; the others fade. */
  readonly focus?: number | undefined;
  /** Called with the time that the user has dragged over, milliseconds since the epoch. */
  readonly onZoom?: ((from: number, to: number) => void) | undefined;
}

export interface LineChartProps extends ChartProps {
  /** Without data, figures on an axis would be invented. */
  readonly isEmpty: boolean;
}
