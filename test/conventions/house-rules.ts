// The list of house rules, in the order CONTRIBUTING.md explains them.
// A rule is in force when it stands here; house-rules.test.ts fails when its fixtures are missing.

import type { HouseRule } from './house-rule.ts';
import { commentShare } from './rules/comment-share.ts';
import { decisionRecords } from './rules/decision-records.ts';
import { disableReasons } from './rules/disable-reasons.ts';
import { errorCodes } from './rules/error-codes.ts';
import { fileLength } from './rules/file-length.ts';
import { fileNames } from './rules/file-names.ts';
import { headerComment } from './rules/header-comment.ts';
import { lockFile } from './rules/lock-file.ts';
import { listedFolders } from './rules/listed-folders.ts';
import { machinePaths } from './rules/machine-paths.ts';
import { markdownLinks } from './rules/markdown-links.ts';
import { mentionedFiles } from './rules/mentioned-files.ts';
import { namedAfterExport } from './rules/named-after-export.ts';
import { noBarrels } from './rules/no-barrels.ts';
import { noFocusedTests } from './rules/no-focused-tests.ts';
import { noUnfinishedWork } from './rules/no-unfinished-work.ts';
import { npmScripts } from './rules/npm-scripts.ts';
import { pinnedVersions } from './rules/pinned-versions.ts';
import { plainWords } from './rules/plain-words.ts';
import { registryHosts } from './rules/registry-hosts.ts';
import { statedLimits } from './rules/stated-limits.ts';
import { testTitles } from './rules/test-titles.ts';
import { unitNames } from './rules/unit-names.ts';
import { unusedExports } from './rules/unused-exports.ts';

export const houseRules: readonly HouseRule[] = [
  fileNames,
  namedAfterExport,
  noBarrels,
  unusedExports,
  headerComment,
  commentShare,
  plainWords,
  fileLength,
  unitNames,
  errorCodes,
  disableReasons,
  noUnfinishedWork,
  testTitles,
  noFocusedTests,
  machinePaths,
  registryHosts,
  lockFile,
  pinnedVersions,
  npmScripts,
  markdownLinks,
  mentionedFiles,
  statedLimits,
  listedFolders,
  decisionRecords,
];
