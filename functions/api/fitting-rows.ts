// How many rows of a list one answer holds. Lambda answers 6 MB at most, and API Gateway answers 500 for more: a page
// of large tasks would then fail on every try. The rows left out follow behind the cursor.
import { limits } from '../../core/domain/limits.ts';

/** Bytes of a row on its way to API Gateway: the body is a text within JSON, where its quotes are escaped again. */
function bytesOf(row: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(row)));
}

/** As many of the first rows as an answer holds; at least one, or no reader could continue. */
export function fittingRows<Row>(rows: readonly Row[]): readonly Row[] {
  let bytes = 0;
  const count = rows.findIndex((row, index) => {
    bytes += bytesOf(row);
    return index > 0 && bytes > limits.answerRowsBytesMax;
  });
  return count === -1 ? rows : rows.slice(0, count);
}
