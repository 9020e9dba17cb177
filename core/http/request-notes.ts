// What is learned about a request on its way, for its one line in the log: each place notes what it knows, and the
// HTTP envelope writes it all down at the end, also of a call that fails. Kept beside the event, gone with it.
import type { WideLine } from '../contract/wide-lines.ts';

export type RequestNotes = WideLine<'request'>;

const notesByEvent = new WeakMap<object, RequestNotes>();

export const noteOn = (event: object, notes: RequestNotes): void => {
  notesByEvent.set(event, { ...notesByEvent.get(event), ...notes });
};

export const notesOf = (event: object): RequestNotes => notesByEvent.get(event) ?? {};
