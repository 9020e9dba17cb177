// The lines that the user has hidden from the charts, by their keys. The address holds them, as it does all that is
// chosen on this view.
import { changeQuery, useAddress } from '../frame/navigation.tsx';

const NAME = 'hide';

export interface HiddenLines {
  readonly has: (key: string) => boolean;
  readonly toggle: (key: string) => void;
  /** Changes when another line is hidden. */
  readonly version: string;
}

export function useHiddenLines(): HiddenLines {
  const version = useAddress().searchParams.get(NAME) ?? '';
  const keys = version === '' ? [] : version.split(',');
  return {
    has: (key) => keys.includes(key),
    toggle: (key) => {
      const others = keys.filter((one) => one !== key);
      // It is no place to go back to.
      changeQuery({ [NAME]: (others.length < keys.length ? others : [...keys, key]).join(',') }, { isReplacing: true });
    },
    version,
  };
}
