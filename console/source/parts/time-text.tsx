// Times as people read them: how long ago or how long until, with the exact time as a tooltip.
import { useNow } from '../frame/use-now.ts';
import { dayAndMinute, dayAndTime, distanceWords, roughDuration } from './words.ts';
import type { JSX } from 'preact';

/** @param at ISO 8601. */
export function Moment({ at }: { readonly at: string }): JSX.Element {
  const now = useNow();
  return (
    <time dateTime={at} title={dayAndTime(at)}>
      {distanceWords(Date.parse(at), now)}
    </time>
  );
}

/** A time that the relay keeps by the hour. @param at when the hour begins, ISO 8601. */
export function WithinHour({ at }: { readonly at: string }): JSX.Element {
  return (
    <time dateTime={at} title={`within the hour from ${dayAndTime(at)}`}>
      {dayAndMinute(Date.parse(at))}, within the hour
    </time>
  );
}

/** How long something has lasted so far. @param from ISO 8601. */
export function Lasting({ from }: { readonly from: string }): JSX.Element {
  const now = useNow();
  return (
    <time dateTime={from} title={`since ${dayAndTime(from)}`}>
      {roughDuration(now - Date.parse(from))}
    </time>
  );
}
