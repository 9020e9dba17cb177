// The parts of a CloudFormation template that the local runtime reads, and the error for what it cannot run. Values are
// intrinsic functions until template-resolver.ts has resolved them.
import { StartError } from '../start-error.ts';

export interface CloudResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export interface CloudTemplate {
  readonly Resources: Readonly<Record<string, CloudResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** A place in a template: logical id, type, and the path of the property (`A.B.0.C`). */
export interface TemplatePlace {
  readonly logicalId: string;
  readonly type: string;
  readonly property?: string | undefined;
}

/** The template contains something that is not supported here; the error names it. */
export class TemplateRefusal extends StartError {
  override readonly name = 'TemplateRefusal';

  constructor({ logicalId, type, property }: TemplatePlace, reason: string) {
    super(`${logicalId} (${type})${property === undefined ? '' : ` ${property}`}: ${reason}`);
  }
}

/** The place of a property, one step further in. */
export function placeWithin(place: TemplatePlace, step: string | number): TemplatePlace {
  return {
    ...place,
    property: place.property === undefined ? String(step) : `${place.property}.${step}`,
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
