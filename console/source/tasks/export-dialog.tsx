// Brings the filtered tasks into a file, page by page, and shows how far it is. Going back stops it and makes no file;
// "Save what there is" makes one of what has come so far.
import { useEffect, useRef, useState } from 'preact/hooks';
import { exportHead, exportLine } from '../../../core/http/task-export.ts';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { countWords } from '../parts/words.ts';
import { queryOf } from '../relay/relay-client.ts';
import type { ExportForm } from '../../../core/http/task-export.ts';
import type { ListedTask } from './listed-task.ts';
import type { JSX } from 'preact';

const PAGE_SIZE_COUNT = 100;
/** What a page can hold in memory without trouble. */
const TASKS_MAX = 100_000;

const forms: readonly { readonly value: ExportForm; readonly text: string }[] = [
  { value: 'csv', text: 'CSV' },
  { value: 'ndjson', text: 'NDJSON' },
];

interface ExportDialogProps {
  readonly query: Readonly<Record<string, string>>;
  readonly onClose: () => void;
}

type Stop = 'save' | 'leave' | undefined;

export function ExportDialog({ query, onClose }: ExportDialogProps): JSX.Element {
  const { client } = useRelay();
  const [form, setForm] = useState<ExportForm>('csv');
  const [count, setCount] = useState<number>();
  const stop = useRef<Stop>(undefined);
  useEffect(() => () => void (stop.current ??= 'leave'), []);
  const save = async (): Promise<void> => {
    const parts = [exportHead(form)];
    let cursor: string | undefined;
    let taken = 0;
    stop.current = undefined;
    do {
      const path = `/v1/requests${queryOf({ ...query, limit: PAGE_SIZE_COUNT, cursor })}`;
      const page = await client.get<{ data: readonly ListedTask[]; next_cursor: string | null }>(path);
      parts.push(...page.data.map((task) => exportLine(form, task)));
      taken += page.data.length;
      setCount(taken);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined && taken < TASKS_MAX && isGoingOn(stop));
    if (stop.current === 'leave') return;
    download(parts, form);
    giveNotice(`${countWords(taken)} tasks are in the file${cursor === undefined ? '' : '; there are more'}`);
  };
  return (
    <ActionDialog title="Export tasks" action="Export" onAction={save} onClose={onClose}>
      <p>All tasks that the filters let through, up to {TASKS_MAX.toLocaleString('en')}, as they are now.</p>
      <div>
        <Segmented label="Form of the file" options={forms} value={form} onChange={setForm} />
      </div>
      {count !== undefined && (
        <p role="status" class="export-progress">
          {countWords(count)} tasks so far.{' '}
          <button type="button" class="button button-small" onClick={() => void (stop.current = 'save')}>
            Save what there is
          </button>
        </p>
      )}
    </ActionDialog>
  );
}

function isGoingOn(stop: { readonly current: Stop }): boolean {
  return stop.current === undefined;
}

function download(parts: readonly string[], form: ExportForm): void {
  const type = form === 'csv' ? 'text/csv;charset=utf-8' : 'application/x-ndjson';
  const address = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `tasks-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${form}`;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
