/** Every function that users can call, and what its parameters are declared to be: read from the types, by the compiler. */
import { join } from 'node:path';
import ts from 'typescript';

/** What a declaration allows. Properties are read when asked for: a warm-up holds a schedule. */
export type Kind =
  | { readonly is: 'anything' | 'number' | 'string' | 'boolean' | 'bigint' | 'undefined' | 'null' | 'function' }
  | { readonly is: 'literal'; readonly value: unknown }
  | { readonly is: 'union'; readonly of: readonly Kind[] }
  | { readonly is: 'list' | 'record'; readonly of: () => Kind }
  | { readonly is: 'array-like' }
  /** Of a class of the language or the host: Float32Array, Map, GPUBuffer. */
  | { readonly is: 'instance'; readonly name: string }
  | { readonly is: 'object'; readonly properties: () => Readonly<Record<string, Kind>> };

export interface Entry {
  /** 'adam', 'Trainer.create' and, of an instance, 'Trainer#fit'. */
  readonly name: string;
  readonly parameters: readonly Kind[];
}

const MODULES = { gradshader: 'src/index.ts', 'gradshader/optim': 'src/optim/index.ts', 'gradshader/reference': 'src/reference/index.ts' } as const;

export type ModuleName = keyof typeof MODULES;

const SIMPLE: readonly (readonly [flag: ts.TypeFlags, is: 'anything' | 'number' | 'string' | 'boolean' | 'bigint' | 'undefined' | 'null'])[] = [
  [ts.TypeFlags.Any | ts.TypeFlags.Unknown, 'anything'], [ts.TypeFlags.Undefined | ts.TypeFlags.Void, 'undefined'], [ts.TypeFlags.Null, 'null'],
  [ts.TypeFlags.Number, 'number'], [ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral, 'string'], [ts.TypeFlags.Boolean, 'boolean'], [ts.TypeFlags.BigInt, 'bigint'],
];

class Reader {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  constructor() {
    const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
    this.#program = ts.createProgram(Object.values(MODULES), { ...options, noEmit: true });
    this.#checker = this.#program.getTypeChecker();
  }

  entries(module: ModuleName): Entry[] {
    const file = this.#program.getSourceFile(join(process.cwd(), MODULES[module]))!;
    const exported = this.#checker.getExportsOfModule(this.#checker.getSymbolAtLocation(file)!);
    return exported.flatMap((symbol) => {
      const own = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : this.#checker.getAliasedSymbol(symbol);
      if ((own.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable | ts.SymbolFlags.Class)) === 0) return [];
      const type = this.#checker.getTypeOfSymbolAtLocation(own, file);
      if ((own.flags & ts.SymbolFlags.Class) === 0) return this.#callable(symbol.name, type);
      if (own.name.endsWith('Error')) return []; // What is thrown is not called.
      const methods = (of: ts.Type, joint: string): Entry[] => of.getProperties()
        .filter((method) => (method.flags & ts.SymbolFlags.Method) !== 0 && !/^(__|#)/.test(method.name))
        .flatMap((method) => this.#callable(`${symbol.name}${joint}${method.name}`, this.#checker.getTypeOfSymbolAtLocation(method, file)));
      return [...methods(type, '.'), ...methods(this.#checker.getDeclaredTypeOfSymbol(own), '#')];
    });
  }

  #callable(name: string, type: ts.Type): Entry[] {
    const [signature] = type.getCallSignatures();
    if (signature === undefined) return [];
    const parameters = signature.getParameters().flatMap((parameter): Kind[] => {
      const declaration = parameter.valueDeclaration as ts.ParameterDeclaration;
      const kind = this.#kind(this.#checker.getTypeOfSymbolAtLocation(parameter, declaration));
      const isOptional = declaration.questionToken !== undefined || declaration.initializer !== undefined;
      if (declaration.dotDotDotToken !== undefined && kind.is === 'list') return [kind.of(), kind.of()]; // Of the rest, two.
      return [isOptional ? { is: 'union', of: [kind, { is: 'undefined' }] } : kind];
    });
    return [{ name, parameters }];
  }

  #kind(type: ts.Type): Kind {
    if (type.isStringLiteral() || type.isNumberLiteral()) return { is: 'literal', value: type.value };
    if ((type.flags & ts.TypeFlags.BooleanLiteral) !== 0) return { is: 'literal', value: this.#checker.typeToString(type) === 'true' };
    const simple = SIMPLE.find(([flag]) => (type.flags & flag) !== 0);
    if (simple !== undefined) return { is: simple[1] };
    if (type.isUnion()) return { is: 'union', of: type.types.map((one) => this.#kind(one)) };
    if (type.getCallSignatures().length > 0) return { is: 'function' };
    const name = type.getSymbol()?.name ?? '';
    if (name === 'ArrayLike') return { is: 'array-like' };
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) {
      const [element] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return { is: 'list', of: () => (element === undefined ? { is: 'anything' } : this.#kind(element)) };
    }
    if (type.isClass()) return { is: 'instance', name };
    const declared = type.getSymbol()?.declarations?.[0]?.getSourceFile().fileName ?? '';
    if (declared.includes('node_modules') && !/^(__type|Pick|Partial|Record)/.test(name)) return { is: 'instance', name };
    const index = type.getStringIndexType();
    if (index !== undefined) return { is: 'record', of: () => this.#kind(index) };
    return { is: 'object', properties: () => Object.fromEntries(this.#checker.getPropertiesOfType(type).map((property) => {
      const kind = this.#kind(this.#checker.getTypeOfSymbol(property));
      return [property.name, (property.flags & ts.SymbolFlags.Optional) === 0 ? kind : { is: 'union', of: [kind, { is: 'undefined' }] } as Kind];
    })) };
  }
}

/** Of all modules, by module. */
export function declaredEntries(): Readonly<Record<ModuleName, readonly Entry[]>> {
  const reader = new Reader(); // Seconds: asked for once.
  return Object.fromEntries((Object.keys(MODULES) as ModuleName[]).map((module) => [module, reader.entries(module)])) as Record<ModuleName, Entry[]>;
}

/** The objects of named values that a declaration allows, each with its properties. */
export function objectsOf(kind: Kind): Readonly<Record<string, Kind>>[] {
  if (kind.is === 'union') return kind.of.flatMap(objectsOf);
  return kind.is === 'object' ? [kind.properties()] : [];
}

const tag = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Holes too. */
const elementsOf = (value: ArrayLike<unknown>): unknown[] => Array.from(value);

/** A typed array whose memory was transferred away or shrank. */
function isGone(value: object): boolean {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return false;
  try {
    return (value as Uint8Array).keys() === undefined;
  } catch {
    return true;
  }
}

/** Whether a value is within a declaration, every part of it. */
export function allows(kind: Kind, value: unknown): boolean {
  switch (kind.is) {
    case 'anything': return true;
    case 'null': return value === null;
    case 'literal': return value === kind.value;
    case 'union': return kind.of.some((one) => allows(one, value));
    case 'list': return Array.isArray(value) && elementsOf(value).every((one) => allows(kind.of(), one));
    case 'record': return isObject(value) && !Array.isArray(value) && Object.values(value).every((one) => allows(kind.of(), one));
    case 'array-like': return isObject(value) && 'length' in value && !isGone(value) && elementsOf(value as never).every((one) => typeof one === 'number');
    case 'instance': return isObject(value) && !isGone(value) && (tag(value) === kind.name.replace(/^Readonly/, '') || value.constructor?.name === kind.name);
    case 'object': return isObject(value) && !Array.isArray(value) && holds(kind.properties(), value);
    default: return typeof value === kind.is;
  }
}

const holds = (properties: Readonly<Record<string, Kind>>, value: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(value).every((name) => name in properties) && Object.entries(properties).every(([name, kind]) => allows(kind, value[name]));
