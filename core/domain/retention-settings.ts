// How long the relay keeps what is over. Pure data; the store writes it into each row as the time at which TTL deletes the
// row, so a change holds for what is written from then on.
import { DAY_MS } from './time-ms.ts';

export interface RetentionSettings {
  /**
   * A task with its input, from its end. Its input is kept as long, because a failed task may be put back.
   * @change shorter where prompts or outputs may be personal data, longer to look up old tasks.
   */
  readonly tasksMs: number;
  /**
   * An event, with the outputs as they were sent, from its moment: as long `GET /v1/events` shows it and a recovery sends
   * it again.
   * @change shorter where outputs may be personal data; never below the schedule of deliveries.
   */
  readonly eventsMs: number;
  /**
   * A delivery, with what the receiver answered, from its last change.
   * @change shorter where answers of receivers may be personal data; never below the schedule of deliveries.
   */
  readonly deliveriesMs: number;
}

export const defaultRetention: RetentionSettings = {
  tasksMs: 30 * DAY_MS,
  eventsMs: 30 * DAY_MS,
  deliveriesMs: 30 * DAY_MS,
};
