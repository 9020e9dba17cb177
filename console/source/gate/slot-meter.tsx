// The gate's slots as one bar: held by fresh tasks, held by retries, free. The figures beside it say the same.
import { countWords, plural } from '../parts/words.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { JSX } from 'preact';

export function SlotMeter({ gate }: { readonly gate: PublicGate }): JSX.Element {
  const { limit, in_flight, retries_in_flight } = gate;
  // After the limit fell, more may be in flight than there are slots.
  const whole = Math.max(1, limit, in_flight);
  const share = (slots: number): string => `${(100 * slots) / whole}%`;
  const fresh = Math.max(0, in_flight - retries_in_flight);
  return (
    <>
      <div
        class="meter"
        role="img"
        aria-label={`${plural(in_flight, 'slot')} of ${limit} in use, ${retries_in_flight} of them by retries`}
      >
        <span class="meter-fresh" style={{ width: share(fresh) }} />
        <span class="meter-retries" style={{ width: share(retries_in_flight) }} />
      </div>
      <ul class="key meter-key" aria-hidden="true">
        <MeterKey name="fresh" part="first attempts" slots={fresh} />
        <MeterKey name="retries" part="retries" slots={retries_in_flight} />
        <MeterKey name="free" part="free" slots={Math.max(0, limit - in_flight)} />
      </ul>
    </>
  );
}

interface MeterKeyProps {
  readonly name: 'fresh' | 'retries' | 'free';
  readonly part: string;
  readonly slots: number;
}

function MeterKey({ name, part, slots }: MeterKeyProps): JSX.Element {
  return (
    <li>
      <span class={`meter-swatch meter-${name}`} />
      {part} <span class="figure">{countWords(slots)}</span>
    </li>
  );
}
