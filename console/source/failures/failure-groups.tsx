// Groups of failures as rows; on a narrow page each row becomes a small card. The code is the link to the tasks.
import { Link } from '../frame/navigation.tsx';
import { AccountName } from '../parts/account-name.tsx';
import { ErrorName } from '../parts/error-name.tsx';
import { Moment } from '../parts/time-text.tsx';
import { countWords, percentWords } from '../parts/words.ts';
import { tasksOfFailure } from './failure-links.ts';
import { MuteCell } from './mute-cell.tsx';
import { ColumnHeads } from '../parts/column-heads.tsx';
import type { Failure, Failures } from './failure-links.ts';
import type { JSX } from 'preact';

interface FailureGroupsProps {
  readonly failures: Failures;
  readonly isOperator: boolean;
  /** After a group was muted, or is no longer. */
  readonly onChanged: () => void;
}

export function FailureGroups({ failures, isOperator, onChanged }: FailureGroupsProps): JSX.Element {
  const names = ['Failure', 'Model', ...(isOperator ? ['Account'] : []), 'Tasks', 'Trend', 'First', 'Last', 'Mute'];
  return (
    <table class="rows failure-groups" role="table">
      <caption class="unseen">Failures by code, model and account, the most frequent first, muted ones last</caption>
      <ColumnHeads names={names} />
      <tbody role="rowgroup">
        {failures.failures.map((failure) => (
          <FailureGroup
            key={`${failure.key} ${failure.model} ${failure.account ?? ''}`}
            failure={failure}
            from={failures.from}
            isOperator={isOperator}
            onChanged={onChanged}
          />
        ))}
      </tbody>
    </table>
  );
}

interface FailureGroupProps {
  readonly failure: Failure;
  readonly from: string;
  readonly isOperator: boolean;
  readonly onChanged: () => void;
}

function FailureGroup({ failure, from, isOperator, onChanged }: FailureGroupProps): JSX.Element {
  return (
    <tr role="row" class={failure.muted ? 'is-muted' : ''}>
      <th role="rowheader" scope="row" class="cell-failure">
        <Link to={tasksOfFailure(failure, from)}>
          <ErrorName level={failure.level} code={failure.code} />
        </Link>
      </th>
      <td role="cell" class="cell-address">
        {failure.model}
      </td>
      {isOperator && (
        <td role="cell" class="cell-account">
          <Link to={`/failures?account=${encodeURIComponent(failure.account ?? '')}`}>
            <AccountName id={failure.account} />
          </Link>
        </td>
      )}
      <td role="cell">
        {countWords(failure.count)} <span class="faint">{percentWords(100 * failure.share)}</span>
      </td>
      <td role="cell">
        <Trend counts={failure.trend} />
      </td>
      <td role="cell">
        <span class="narrow-only faint">first </span>
        <Moment at={failure.first_seen} />
      </td>
      <td role="cell">
        <span class="narrow-only faint">last </span>
        <Moment at={failure.last_seen} />
      </td>
      <td role="cell" class="cell-mute">
        <MuteCell failure={failure} isOperator={isOperator} onChanged={onChanged} />
      </td>
    </tr>
  );
}

const BAR_PIXELS = 6;
const TREND_PIXELS = 18;

function Trend({ counts }: { readonly counts: readonly number[] }): JSX.Element {
  const most = Math.max(1, ...counts);
  return (
    <svg
      class="trend"
      role="img"
      aria-label={`over this time, oldest first: ${counts.join(', ')}`}
      width={counts.length * BAR_PIXELS}
      height={TREND_PIXELS}
    >
      {counts.map((count, index) => {
        // Even one task of many is to be seen.
        const height = count === 0 ? 1 : Math.max(3, (TREND_PIXELS * count) / most);
        return (
          <rect key={index} x={index * BAR_PIXELS} y={TREND_PIXELS - height} width={BAR_PIXELS - 1} height={height} />
        );
      })}
    </svg>
  );
}
