// The way to one task by its whole id.
import { useState } from 'preact/hooks';
import { navigate } from '../frame/navigation.tsx';
import type { JSX } from 'preact';

const taskIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function IdSearch(): JSX.Element {
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string>();
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const id = text.trim().toLowerCase();
    if (taskIdPattern.test(id)) navigate(`/tasks/${id}`);
    else setFault('This is not a task id: an id has 36 characters, such as 0192…-…');
  };
  return (
    <form class="field field-wide" onSubmit={open}>
      <label for="task-id">Task id</label>
      <span class="field-row">
        <input
          id="task-id"
          type="search"
          class="id"
          placeholder="whole id"
          value={text}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : 'task-id-fault'}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setFault(undefined);
          }}
        />
        <button type="submit" class="button">
          Open
        </button>
      </span>
      {fault !== undefined && (
        <span id="task-id-fault" class="fault" role="alert">
          {fault}
        </span>
      )}
    </form>
  );
}
