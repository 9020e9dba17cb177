// Where the page shows what an alarm is about: the view that its meaning names.
import { Link } from '../frame/navigation.tsx';
import type { PublicAlarm } from '../../../core/http/monitoring.ts';
import type { JSX } from 'preact';

const places: Readonly<Record<string, string>> = {
  'dead-letters': 'Show the dead letters',
  webhooks: 'Show the endpoints',
};

export function AlarmPlace({ alarm: { meaning, name } }: { readonly alarm: PublicAlarm }): JSX.Element | null {
  const [, view = ''] = /\/console\/([a-z-]+)/.exec(meaning) ?? [];
  const text = Object.hasOwn(places, view) ? places[view] : undefined;
  if (text === undefined) return null;
  return (
    <>
      {' '}
      <Link to={`/${view}`} label={`${text}: ${name}`}>
        {text}
      </Link>
    </>
  );
}
