// How many rows of a list one answer holds. Lambda answers 6 MB at most, and API Gateway makes a 500 of more: a page of
// large tasks would then fail however often it is asked for. The rows left out are behind the cursor.
import { LIMITS } from '../../core/domain/limits.ts';

/** Bytes of a row on its way to API Gateway: the body goes as a text within JSON, where its quotes are escaped again. */
function bytesOf(row: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(row)));
}

/** The first rows, as many as an answer holds; one at least, or no reader would get any further. */
export function fittingRows<Row>(rows: readonly Row[]): readonly Row[] {
  let bytes = 0;
  const count = rows.findIndex((row, index) => {
    bytes += bytesOf(row);
    return index > 0 && bytes > LIMITS.answerRowsBytesMax;
  });
  return count === -1 ? rows : rows.slice(0, count);
}
