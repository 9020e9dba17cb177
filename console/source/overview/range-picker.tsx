// Which time the overview shows: a preset, or one of the user's own with its beginning and end. Also the way back from
// one that was zoomed into.
import { useState } from 'preact/hooks';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { inputMoment, momentOfInput } from '../parts/moment-input.ts';
import { zoneText } from '../parts/zone.ts';
import { RelayRefusal } from '../relay/relay-client.ts';
import { CUSTOM, customRange, rangeWords, timeRanges } from './time-range.ts';
import type { TimeRange } from './time-range.ts';
import type { JSX } from 'preact';

interface RangePickerProps {
  readonly range: TimeRange;
  readonly onRange: (range: TimeRange) => void;
}

const CHOOSE = 'choose';

export function RangePicker({ range, onRange }: RangePickerProps): JSX.Element {
  const { local } = useRelay();
  const [isChoosing, setChoosing] = useState(false);
  const ranges = timeRanges(local);
  const choose = (name: string): void => {
    const preset = ranges.find((one) => one.name === name);
    if (preset) onRange(preset);
    else if (name === CHOOSE) setChoosing(true);
  };
  return (
    <>
      <select
        class="range"
        aria-label="Time shown"
        value={range.name}
        onChange={(event) => {
          choose(event.currentTarget.value);
          // Until the dialog is confirmed, the time shown is the one before.
          event.currentTarget.value = range.name;
        }}
      >
        {range.fixed && <option value={CUSTOM}>{rangeWords(range)}</option>}
        {ranges.map(({ name }) => (
          <option key={name} value={name}>
            {`Last ${name}`}
          </option>
        ))}
        <option value={CHOOSE}>From … to …</option>
      </select>
      {isChoosing && <RangeDialog range={range} onRange={onRange} onClose={() => setChoosing(false)} />}
    </>
  );
}

interface RangeDialogProps extends RangePickerProps {
  readonly onClose: () => void;
}

function RangeDialog({ range, onRange, onClose }: RangeDialogProps): JSX.Element {
  const { local } = useRelay();
  const now = Date.now();
  const shown = range.fixed ?? { from: now - range.spanSeconds * 1_000, to: now };
  const [from, setFrom] = useState(() => inputMoment(shown.from));
  const [to, setTo] = useState(() => inputMoment(shown.to));
  const show = (): Promise<void> => {
    const asked = { from: Date.parse(momentOfInput(from)), to: Date.parse(momentOfInput(to)) };
    try {
      onRange(customRange(asked, Date.now(), local));
      return Promise.resolve();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // The dialog stays open with what is wrong, as for a refusal of the relay.
      return Promise.reject(new RelayRefusal(400, error.message));
    }
  };
  return (
    <ActionDialog title="Show a time" action="Show it" onAction={show} onClose={onClose}>
      <Moment text={`From, ${zoneText()}`} value={from} onValue={setFrom} />
      <Moment text={`To, ${zoneText()}`} value={to} onValue={setTo} />
      <p class="faint">Up to 30 days. A drag over a chart chooses a time, too.</p>
    </ActionDialog>
  );
}

interface MomentProps {
  readonly text: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

function Moment({ text, value, onValue }: MomentProps): JSX.Element {
  return (
    <label class="field">
      <span>{text}</span>
      <input
        type="datetime-local"
        step={1}
        required
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </label>
  );
}
