// Models of the simulator whose names script their attempts, one step each: the failures worth watching, made of the
// catalogue's codes.
import { taskCodes } from '../../../core/domain/error-catalogue.ts';

interface ScriptedModel {
  readonly model: string;
  readonly steps: readonly string[];
}

function script(...steps: readonly (number | string)[]): ScriptedModel {
  return {
    model: `simulator/${steps.join('.')}/text-to-image`,
    steps: steps.map(String),
  };
}

const { success, invalidParameter, unavailable, internalError } = taskCodes;

export const scriptedModels: readonly ScriptedModel[] = [
  script(unavailable, 429, success),
  script(success),
  script(internalError, internalError, success),
  script('lost', success),
  script(invalidParameter),
  { model: 'demo/image-1/text-to-image', steps: ['as the simulator’s sliders are set'] },
];
