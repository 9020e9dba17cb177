// The money of a task in the wire format, for answers and webhooks, and amounts as people read them. Pure.
// task-money.ts decides what a task costs.
import { chargeStates } from './charge.ts';
import { MICROS_PER_DOLLAR } from './price-table.ts';
import type { TaskMoney } from './charge.ts';

export interface ShownMoney {
  readonly price_micros: number;
  /** The price once it is charged, else 0. */
  readonly charged_micros: number;
  readonly state: 'reserved' | 'charged' | 'in_doubt' | 'given_back';
  readonly reason: string;
}

export function shownMoney({ priceMicros, reason }: TaskMoney): ShownMoney {
  const state = chargeStates[reason];
  return {
    price_micros: priceMicros,
    charged_micros: state === 'charged' ? priceMicros : 0,
    state: state.replace('-', '_') as ShownMoney['state'],
    reason: reason.replaceAll('-', '_'),
  };
}

/** `$0.04`: at least two decimals, at most six. */
export function dollarText(micros: number): string {
  const [whole, part = ''] = (Math.abs(micros) / MICROS_PER_DOLLAR).toFixed(6).split('.');
  return `${micros < 0 ? '-' : ''}$${whole}.${part.replace(/0{1,4}$/, '')}`;
}
