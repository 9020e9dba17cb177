// In the bar: which time the page writes, the browser's own or UTC, and the choice between them.
import { chooseZone, localZoneText } from '../parts/zone.ts';
import { useZone } from './use-zone.ts';
import type { JSX } from 'preact';

export function ZoneChoice(): JSX.Element {
  const zone = useZone();
  return (
    <select
      class="zone"
      aria-label="Times are written in"
      value={zone}
      onChange={(event) => chooseZone(event.currentTarget.value === 'utc' ? 'utc' : 'local')}
    >
      <option value="local">{`Local, ${localZoneText()}`}</option>
      <option value="utc">UTC</option>
    </select>
  );
}
