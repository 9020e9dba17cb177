// The gate's slots as one bar: held by fresh tasks, held by retries, free. A picture of figures that stand beside it.
import { plural } from '../parts/words.ts';
import type { PublicGate } from '../../../functions/core/contract/public-gate.ts';
import type { JSX } from 'preact';

export const SlotMeter = ({ gate }: { readonly gate: PublicGate }): JSX.Element => {
  const { limit, in_flight, retries_in_flight } = gate;
  // After the limit fell, more may be in flight than there are slots.
  const whole = Math.max(1, limit, in_flight);
  const share = (slots: number): string => `${(100 * slots) / whole}%`;
  const fresh = Math.max(0, in_flight - retries_in_flight);
  return (
    <div
      class="meter"
      role="img"
      aria-label={`${plural(in_flight, 'slot')} of ${limit} in use, ${retries_in_flight} of them by retries`}
    >
      <span class="meter-fresh" style={{ width: share(fresh) }} />
      <span class="meter-retries" style={{ width: share(retries_in_flight) }} />
    </div>
  );
};
