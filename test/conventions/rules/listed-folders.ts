// Each folder has its line where readers expect it: those of test/ and checks/ in CONTRIBUTING's table of tests,
// the rooms of the tree in the map of docs/architecture.md. A folder that is named there and gone is found as well.

import type { Finding, HouseRule, RepositoryFile } from '../house-rule.ts';

const TABLE_PATH = 'CONTRIBUTING.md';
const MAP_PATH = 'docs/architecture.md';
const MAP_HEADING = '## The map of the tree';
/** Rooms that the map opens: it lists their folders, indented. */
const openedRooms = ['core'];

export const listedFolders: HouseRule = {
  name: 'listed-folders',
  promise: 'the tables of CONTRIBUTING and the map of docs/architecture.md list the folders that are there',
  mend: 'Give the folder its line, or take the line out.',
  find: (files) => [...tableFindings(files), ...mapFindings(files)],
};

function foldersBelow(files: readonly RepositoryFile[], room: string): Set<string> {
  const below = files.flatMap(({ path }) => (path.startsWith(room) ? [path.slice(room.length)] : []));
  return new Set(below.flatMap((path) => (path.includes('/') ? [path.split('/', 1)[0] ?? ''] : [])));
}

function tableFindings(files: readonly RepositoryFile[]): Finding[] {
  const page = files.find(({ path }) => path === TABLE_PATH);
  if (!page) return [];
  return ['test/', 'checks/'].flatMap((room) => {
    const listed = [...page.text.matchAll(new RegExp(`^\\| \`${room}([\\w-]+)/\``, 'gm'))].map(([, name = '']) => name);
    return differences(page, foldersBelow(files, room), new Set(listed), room);
  });
}

function mapFindings(files: readonly RepositoryFile[]): Finding[] {
  const page = files.find(({ path }) => path === MAP_PATH);
  if (!page) return [];
  const map = page.text.split(MAP_HEADING)[1]?.split('```')[1] ?? '';
  const rooms = new Set<string>();
  const opened = new Map<string, Set<string>>();
  let room = '';
  for (const line of map.split('\n')) {
    const inner = /^ {2}([\w-]+)\/ /.exec(line)?.[1];
    if (inner !== undefined) opened.set(room, (opened.get(room) ?? new Set()).add(inner));
    else for (const name of /^(?:[\w-]+\/ *)+/.exec(line)?.[0].match(/[\w-]+(?=\/)/g) ?? []) rooms.add((room = name));
  }
  const folders = [...foldersBelow(files, '')].filter((name) => !name.startsWith('.'));
  return [
    ...differences(page, new Set(folders), rooms, ''),
    ...openedRooms.flatMap((name) =>
      differences(page, foldersBelow(files, `${name}/`), opened.get(name) ?? new Set(), `${name}/`),
    ),
  ];
}

function differences(page: RepositoryFile, there: ReadonlySet<string>, listed: ReadonlySet<string>, room: string) {
  const line = (name: string) =>
    Math.max(
      0,
      page.text.split('\n').findIndex((text) => text.includes(`${name}/`)),
    ) + 1;
  return [
    ...[...there]
      .filter((name) => !listed.has(name))
      .map((name) => ({ path: page.path, line: 1, message: `does not list ${room}${name}/` })),
    ...[...listed]
      .filter((name) => !there.has(name))
      .map((name) => ({ path: page.path, line: line(name), message: `lists ${room}${name}/, which is gone` })),
  ];
}
