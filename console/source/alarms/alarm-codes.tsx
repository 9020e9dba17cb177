// The codes that put an alarm into ALARM, for an alarm with a state per code: `5003 model overloaded, 429 …`.
import { nameOfKey } from '../parts/error-keys.ts';
import type { PublicAlarm } from '../../../core/http/monitoring.ts';
import type { JSX } from 'preact';

export function AlarmCodes({ alarm: { codes } }: { readonly alarm: PublicAlarm }): JSX.Element | null {
  if (codes.length === 0) return null;
  const names = codes.map((key) => {
    const { code, name } = nameOfKey(key);
    return `${code} ${name}`.trim();
  });
  return <strong class="alarm-codes"> {names.join(', ')}</strong>;
}
