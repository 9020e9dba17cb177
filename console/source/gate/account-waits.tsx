// Who waits at the gate: per account how many tasks, its share of the slots, and how long one more task of it would wait.
import { Link } from '../frame/navigation.tsx';
import { AccountName } from '../parts/account-name.tsx';
import { countWords, durationWords, percentWords } from '../parts/words.ts';
import { tasksAddress } from '../tasks/task-filter.ts';
import { SECOND_MS } from '../../../core/domain/time-ms.ts';
import type { PublicGate } from '../../../core/http/public-gate.ts';
import type { JSX } from 'preact';

export function AccountWaits({ accounts }: Pick<PublicGate, 'accounts'>): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Waiting tasks by account">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col" class="number">
              Tasks
            </th>
            <th scope="col" class="number">
              Share
            </th>
            <th scope="col" class="number">
              One more waits
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.map(({ account_id, tasks, share, weight, expected_wait_seconds: seconds }) => (
            <tr key={account_id}>
              <th scope="row">
                <Link to={tasksAddress({ account: account_id, status: 'waiting' })}>
                  <AccountName id={account_id} />
                </Link>
              </th>
              <td class="number">{countWords(tasks)}</td>
              <td class="number" title={`weight ${weight}`}>
                {percentWords(100 * share)}
              </td>
              <td class="number">{seconds === null ? '–' : durationWords(seconds * SECOND_MS)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
