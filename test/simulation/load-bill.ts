// Everything of a load world that AWS would bill, but the table's units, which the table's own meter counts.
// It knows no prices; see checks/cost.
import { memoryMbOf, PROCESSOR_MB } from '../../core/domain/capacity.ts';
import type { Queue } from '../../core/contract/messages.ts';

/**
 * Milliseconds of a processor that a run computes, by `npm run bench:memory`. The world's time passes without them: they
 * are billed only.
 */
const computeMs: Readonly<Record<BilledStage, number>> = {
  api: 10,
  dispatch: 13,
  settle: 12,
  deliver: 11,
  keep: 11,
  // Steps of bulk jobs; not measured yet, so as a call of the API.
  jobs: 10,
  sweep: 49,
};
const MB_PER_GB = 1_024;
/** What Lambda itself writes down of a run: its start, its end and its report. About. */
const PLATFORM_LOG_BYTES = 380;
/** CloudWatch bills that many bytes for each event in addition to its text. */
const EVENT_BYTES = 26;
/** A line of the HTTP API's access log in the format of the stack, about. */
const ACCESS_LOG_BYTES = 165;
const SQS_BYTES_PER_REQUEST = 65_536;

export type BilledStage = 'api' | 'sweep' | Queue;

export class LoadBill {
  httpRequests = 0;
  invocations = 0;
  gbSeconds = 0;
  sqsRequests = 0;
  logBytes = 0;
  objectWrites = 0;
  objectReads = 0;
  objectBytes = 0;
  /** Outputs that are kept: they have a life of their own in the bucket. */
  keptBytes = 0;

  http(): void {
    this.httpRequests += 1;
    this.logBytes += ACCESS_LOG_BYTES + EVENT_BYTES;
  }

  /** @param waitedMs for the table, the queues, Get3W, receivers. */
  run(stage: BilledStage, waitedMs: number): void {
    this.invocations += 1;
    const memoryMb = memoryMbOf(stage);
    const tookMs = waitedMs + computeMs[stage] * Math.max(1, PROCESSOR_MB / memoryMb);
    this.gbSeconds += (Math.ceil(tookMs) / 1_000) * (memoryMb / MB_PER_GB);
    this.logBytes += PLATFORM_LOG_BYTES + 3 * EVENT_BYTES;
  }

  line(text: string): void {
    this.logBytes += Buffer.byteLength(text) + EVENT_BYTES;
  }

  sqs(bytes: number): void {
    this.sqsRequests += Math.max(1, Math.ceil(bytes / SQS_BYTES_PER_REQUEST));
  }

  /** An object that stays until it is deleted by its age. */
  putObject(bytes: number): void {
    this.objectWrites += 1;
    this.objectBytes += bytes;
  }

  /** A call that keeps an output, or a part of one. */
  keepObject(bytes: number): void {
    this.objectWrites += 1;
    this.keptBytes += bytes;
  }

  getObject(): void {
    this.objectReads += 1;
  }

  clear(): void {
    this.objectWrites = this.objectReads = this.objectBytes = this.keptBytes = 0;
    this.httpRequests = this.invocations = this.gbSeconds = this.sqsRequests = this.logBytes = 0;
  }
}
