// Evaluates the board at every full step of the clock. It is only a timer, so that everything that can be wrong with an
// alarm can be tested without waiting.
import type { AlarmBoard } from './alarm-board.ts';

/** Metric lines arrive with the invocation's answer, so those of a step are complete a moment after it. */
const LATE_LINES_MS = 250;

interface AlarmTimer {
  stop(): void;
}

/** @param onError is called with an error of the evaluation; the next step is evaluated nevertheless. */
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
    // The timer alone must not keep the process running.
    timer.unref();
  };
  next();
  return { stop: () => clearTimeout(timer) };
}
