// Resolves CloudFormation's intrinsic functions to their values on this machine. The Ref and attributes of a resource
// come from resource-identity.ts; an unknown function is refused by name.
import { TemplateRefusal, isRecord, placeWithin } from './cloud-template.ts';
import { ResourceIdentities } from './resource-identity.ts';
import type { CloudTemplate, TemplatePlace } from './cloud-template.ts';
import type { LocalWorld } from './resource-identity.ts';

type Arguments = readonly unknown[];

export class TemplateResolver {
  readonly #template: CloudTemplate;
  readonly #world: LocalWorld;
  readonly #identities: ResourceIdentities;
  readonly #parameters: Readonly<Record<string, string>>;

  /** `parameters` override the template's defaults. */
  constructor(template: CloudTemplate, world: LocalWorld, parameters: Readonly<Record<string, string>> = {}) {
    this.#template = template;
    this.#world = world;
    this.#parameters = parameters;
    this.#identities = new ResourceIdentities(template, world, (value, place) => this.resolve(value, place));
  }

  /**
   * The value with every intrinsic function in it resolved; a property or element that is `AWS::NoValue` is left out.
   * @throws TemplateRefusal with the place of what cannot be resolved.
   */
  resolve(value: unknown, place: TemplatePlace): unknown {
    if (typeof value === 'string' && value.includes('{{resolve:')) {
      throw new TemplateRefusal(place, 'dynamic references ({{resolve:…}}) are not resolved on one machine');
    }
    if (Array.isArray(value)) {
      return value
        .map((element, index) => this.resolve(element, placeWithin(place, index)))
        .filter((element) => element !== undefined);
    }
    if (!isRecord(value)) return value;
    const [name = '', ...others] = Object.keys(value);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      return this.#call(name, value[name], place);
    }
    const entries = Object.entries(value).map(([key, inner]) => [key, this.resolve(inner, placeWithin(place, key))]);
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
  }

  #call(name: string, argument: unknown, place: TemplatePlace): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument), place);
      case 'Fn::GetAtt': {
        const [logicalId = '', ...path] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
        return this.#identities.attribute(logicalId, path.join('.'), place);
      }
      case 'Fn::Join': {
        const [separator, parts] = this.#list(argument, place);
        return this.#list(parts, place).map(String).join(String(separator));
      }
      case 'Fn::Sub':
        return this.#sub(argument, place);
      case 'Fn::Select': {
        const [index, from] = this.#list(argument, place);
        const element = this.#list(from, place)[Number(index)];
        if (element === undefined) throw new TemplateRefusal(place, `Fn::Select finds no element ${String(index)}`);
        return element;
      }
      case 'Fn::Split': {
        const [separator, text] = this.#list(argument, place);
        return String(text).split(String(separator));
      }
      case 'Fn::FindInMap': {
        const [map, first, second] = this.#list(argument, place).map(String) as [string, string, string];
        const found = this.#template.Mappings?.[map]?.[first]?.[second];
        if (found === undefined) throw new TemplateRefusal(place, `Fn::FindInMap finds no ${map}.${first}.${second}`);
        return this.resolve(found, place);
      }
      default:
        throw new TemplateRefusal(place, `the function ${name} is not supported on one machine`);
    }
  }

  #list(argument: unknown, place: TemplatePlace): Arguments {
    const resolved = this.resolve(argument, place);
    if (!Array.isArray(resolved)) throw new TemplateRefusal(place, 'a list was expected here');
    return resolved as Arguments;
  }

  #ref(name: string, place: TemplatePlace): unknown {
    if (name === 'AWS::NoValue') return undefined;
    if (name.startsWith('AWS::')) {
      const pseudo = this.#world.pseudoParameters[name];
      if (pseudo === undefined) throw new TemplateRefusal(place, `the pseudo parameter ${name} has no local value`);
      return pseudo;
    }
    const parameter = this.#template.Parameters?.[name];
    if (parameter === undefined) return this.#identities.ref(name, place);
    const value = this.#parameters[name] ?? parameter.Default;
    if (value === undefined) throw new TemplateRefusal(place, `the parameter ${name} has no default`);
    if (parameter.Type.startsWith('AWS::SSM::')) {
      throw new TemplateRefusal(place, `the parameter ${name} is read from SSM, which does not exist here`);
    }
    return parameter.Type === 'CommaDelimitedList' && typeof value === 'string' ? value.split(',') : value;
  }

  #sub(argument: unknown, place: TemplatePlace): string {
    const [text, extra] = Array.isArray(argument) ? (argument as Arguments) : [argument];
    const own = isRecord(extra) ? extra : {};
    return String(text).replaceAll(/\$\{([^}]+)\}/g, (_whole, name: string) => {
      // `${!Literal}` is the escape for `${Literal}` in a template.
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (Object.hasOwn(own, name)) return String(this.resolve(own[name], place));
      return String(this.#call(name.includes('.') ? 'Fn::GetAtt' : 'Ref', name, place));
    });
  }
}
