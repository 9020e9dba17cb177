// The runbook inside the page, with a search over its sections; an alarm's link leads to its section.
import { useEffect, useRef, useState } from 'preact/hooks';
import { changeQuery, useAddress } from '../frame/navigation.tsx';
import { EmptyNote, ViewFrame } from '../parts/view-frame.tsx';
import { plural } from '../parts/words.ts';
import { isFound, loadRunbook, PLAIN_RUNBOOK } from './runbook-sections.ts';
import type { RunbookSection } from './runbook-sections.ts';
import type { JSX } from 'preact';

export function RunbookView(): JSX.Element {
  const [sections, setSections] = useState<readonly RunbookSection[]>();
  const [hasFailed, setFailed] = useState(false);
  const search = useAddress().searchParams.get('q') ?? '';
  useEffect(() => void loadRunbook().then(setSections, () => setFailed(true)), []);
  useEffect(() => {
    // As a link within a document would: the browser scrolls to the section and marks it.
    if (sections && location.hash !== '') location.replace(location.hash);
  }, [sections]);
  const found = (sections ?? []).filter((section) => isFound(section, search));
  return (
    <ViewFrame
      title="Runbook"
      tools={
        <label class="runbook-search">
          <span class="unseen">Search the runbook</span>
          <input
            type="search"
            placeholder="Search the runbook"
            value={search}
            onInput={(event) => changeQuery({ q: event.currentTarget.value }, { isReplacing: true })}
          />
        </label>
      }
    >
      {hasFailed && (
        <EmptyNote>
          The runbook could not be loaded. <a href={PLAIN_RUNBOOK}>Open it as a page of its own</a>
        </EmptyNote>
      )}
      {!sections && !hasFailed && <EmptyNote>Loading the runbook.</EmptyNote>}
      {sections && search !== '' && (
        <p class="note" role="status">
          {found.length === 0
            ? 'No section has these words.'
            : `${plural(found.length, 'section')} of ${sections.length}.`}
        </p>
      )}
      {sections && <Sections sections={sections} found={found} />}
    </ViewFrame>
  );
}

interface SectionsProps {
  readonly sections: readonly RunbookSection[];
  readonly found: readonly RunbookSection[];
}

function Sections({ sections, found }: SectionsProps): JSX.Element {
  return (
    <div class="runbook">
      <nav class="runbook-sections" aria-label="Sections" tabIndex={0}>
        <ul>
          {found
            .filter(({ id }) => id !== '')
            .map(({ id, title }) => (
              <li key={id}>
                <a href={`#${id}`}>{title}</a>
              </li>
            ))}
        </ul>
      </nav>
      <article class="prose">
        {sections.map((section) => (
          <SectionBody key={section.id} section={section} isHidden={!found.includes(section)} />
        ))}
      </article>
    </div>
  );
}

function SectionBody({
  section,
  isHidden,
}: {
  readonly section: RunbookSection;
  readonly isHidden: boolean;
}): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => holder.current?.replaceChildren(...section.nodes), [section]);
  return <div ref={holder} hidden={isHidden} />;
}
