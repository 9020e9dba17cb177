// The keys of the list of tasks.
import { InfoDialog } from '../parts/info-dialog.tsx';
import type { JSX } from 'preact';

const keys: readonly (readonly [key: string, does: string])[] = [
  ['/', 'to the model filter'],
  ['j', 'next task'],
  ['k', 'task before'],
  ['Enter', 'open the task'],
  ['x', 'select the task'],
  ['p', 'hold the list, or let it go on'],
  ['?', 'this help'],
];

export function KeyHelp({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <InfoDialog title="Keys" close="Close" onClose={onClose}>
      <dl class="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </InfoDialog>
  );
}
