// The calls that show and steer the gate: a part of operations.ts, which is the whole list.
// gate-schemas.ts has the gate as they answer it.
import { gateSchema } from './gate-schemas.ts';
import { givenMoment } from './named.ts';
import { reason } from './operation.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

export const gateOperations = {
  getGate: {
    tag: 'Operators',
    summary: 'Show the gate',
    status: 200,
    answer: gateSchema,
    errors: [],
    operator: true,
  },
  pauseGate: {
    tag: 'Operators',
    summary: 'Pause the gate: nothing more is submitted to Get3W',
    description: 'On a paused gate it sets another end and reason.',
    query: {
      reason,
      until: {
        description: 'When the gate resumes without an operator, within thirty days; never by default.',
        schema: givenMoment,
      },
    },
    status: 200,
    answer: gateSchema,
    errors: [409],
    operator: true,
  },
  resumeGate: {
    tag: 'Operators',
    summary: 'Resume the gate',
    query: { reason },
    status: 200,
    answer: gateSchema,
    errors: [409],
    operator: true,
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
