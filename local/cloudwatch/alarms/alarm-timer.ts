// Evaluates the board at every full step of the clock. A timer and nothing else, so that everything that can be wrong
// with an alarm can be tested without waiting.
import type { AlarmBoard } from './alarm-board.ts';

/** Metric lines come with the invocation's answer: a moment after the step, the last ones of it are there. */
const LATE_LINES_MS = 250;

export interface AlarmTimer {
  stop(): void;
}

/** @param onError hears of a fault of the evaluation; the next step is tried all the same. */
export function startAlarmTimer(board: AlarmBoard, onError: (error: unknown) => void): AlarmTimer {
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    const untilStepMs = board.stepMs - (Date.now() % board.stepMs);
    timer = setTimeout(() => {
      try {
        board.evaluate(Date.now());
      } catch (error) {
        onError(error);
      }
      next();
    }, untilStepMs + LATE_LINES_MS);
    // Alarms alone do not keep a machine running that is to stop.
    timer.unref();
  };
  next();
  return { stop: () => clearTimeout(timer) };
}
