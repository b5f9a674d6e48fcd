/** Shader texts that compute wrongly, made from those that do not. */

/** What is bound or shared, and what an element of it is. */
interface Variable {
  readonly name: string;
  readonly type: string;
}

const FLOATS = ['f32', 'vec4f'];

const declared = (code: string, space: string): Variable[] =>
  [...code.matchAll(new RegExp(`var<${space}> (\\w+): array<(\\w+)`, 'g'))].map(([, name, type]) => ({ name: name!, type: type! }));

const floatsOf = (code: string, space: string): Variable[] => declared(code, space).filter(({ type }) => FLOATS.includes(type));

export const written = (code: string): Variable[] => floatsOf(code, 'storage, read_write');
export const read = (code: string): Variable[] => floatsOf(code, 'storage, read');
export const shared = (code: string): Variable[] => floatsOf(code, 'workgroup');

/** Where the bracket at `open` closes. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '[') depth++;
    if (code[at] === ']' && --depth === 0) return at;
  }
  throw new Error(`No bracket closes that at ${open}.`);
}

interface Use {
  readonly index: string;
  /** '=' or '+=' where it is stored to. */
  readonly operator: string | undefined;
  readonly value: string;
}

/** Replaces every use of an element by what `change` says; undefined leaves it. */
function uses(code: string, { name }: Variable, change: (use: Use) => string | undefined): string {
  const pattern = new RegExp(`(?<![\\w.&])${name}\\[`, 'g');
  let result = '', from = 0;
  for (let match = pattern.exec(code); match !== null; match = pattern.exec(code)) {
    const open = match.index + name.length, close = closing(code, open);
    const index = code.slice(open + 1, close);
    const [, operator] = /^\s*(\+?=)(?!=)/.exec(code.slice(close + 1)) ?? [];
    const value = operator === undefined ? '' : code.slice(code.indexOf('=', close) + 1, code.indexOf(';', close));
    const replaced = change({ index, operator, value });
    if (replaced === undefined) continue;
    result += code.slice(from, match.index) + replaced;
    from = operator === undefined ? close + 1 : code.indexOf(';', close);
    pattern.lastIndex = from;
  }
  return result + code.slice(from);
}

/** Every float that is stored into bound buffers goes through `wrong(value, index)`, an expression. */
export function storing(code: string, wrong: (value: string, index: string, variable: Variable) => string): string {
  return written(code).reduce((text, variable) => uses(text, variable, ({ index, operator, value }) => {
    if (operator === undefined) return undefined;
    const whole = operator === '=' ? value : `${variable.name}[${index}] + (${value})`;
    return `${variable.name}[${index}] = ${wrong(whole, index, variable)}`;
  }), code);
}

/** Every float that is read of these variables goes through `wrong(element, index)`. */
export function loading(code: string, variables: readonly Variable[], wrong: (element: string, index: string, variable: Variable) => string): string {
  return variables.reduce((text, variable) => uses(text, variable, ({ index, operator, value }) => {
    const element = (at: string): string => wrong(`${variable.name}[${at}]`, at, variable);
    if (operator === undefined) return element(index);
    const own = value.includes(`${variable.name}[`) ? loading(value, [variable], wrong) : value;
    return operator === '=' ? `${variable.name}[${index}] =${own}` : `${variable.name}[${index}] = ${element(index)} + (${own})`;
  }), code);
}

const MAIN = /fn main\(([^{]*)\{/;

/** Has `wgsl`, statements, run first in every thread; `groupOf` names the workgroup's number in it. */
export function beginning(code: string, wgsl: (workgroup: string) => string): string {
  return code.replace(MAIN, (start, parameters: string) => {
    const [, known] = /@builtin\(workgroup_id\) (\w+)/.exec(parameters) ?? [];
    if (known !== undefined) return `${start} ${wgsl(known)}`;
    return `fn main(@builtin(workgroup_id) fault_group: vec3u, ${parameters}{ ${wgsl('fault_group')}`;
  });
}

const F16 = `
fn fault_f16_f32(v: f32) -> f32 { return unpack2x16float(pack2x16float(vec2f(v, 0.0))).x; }
fn fault_f16_vec4f(v: vec4f) -> vec4f { return vec4f(unpack2x16float(pack2x16float(v.xy)), unpack2x16float(pack2x16float(v.zw))); }
`;

/** What is stored has the eleven bits of f16. */
export const halfStores = (code: string): string => storing(code, (value, _, { type }) => `fault_f16_${type}(${value})`) + F16;

/** What is read has them. */
export const halfLoads = (code: string): string => loading(code, read(code), (element, _, { type }) => `fault_f16_${type}(${element})`) + F16;

const zero = ({ type }: Variable): string => `${type}()`;

/** One workgroup stores zeros. */
export const zeroTile = (code: string, [x, y, z]: readonly number[]): string =>
  beginning(storing(code, (value, _, variable) => `select(${value}, ${zero(variable)}, fault_here)`),
    (group) => `fault_here = all(${group} == vec3u(${x}u, ${y}u, ${z}u));`) + '\nvar<private> fault_here: bool;\n';

/** One workgroup returns at once. */
export const missingTile = (code: string, [x, y, z]: readonly number[]): string =>
  beginning(code, (group) => `if (all(${group} == vec3u(${x}u, ${y}u, ${z}u))) { return; }`);

/** One row of a buffer is zeros: `length` elements from the `row`-th on, counted from `base`. */
export const zeroRow = (code: string, name: string, base: string, length: string, row: number): string => storing(code, (value, index, variable) =>
  (variable.name === name ? `select(${value}, ${zero(variable)}, ((${index}) - ${base}) / (${length}) == ${row}u)` : value));

/** All that is stored is zeros. */
export const zeroAll = (code: string): string => storing(code, (_, __, variable) => zero(variable));

/** Every thread but one finds another's element in the memory of a workgroup. */
export const wrongLane = (code: string): string => loading(code, shared(code), (_, index, { name }) => `${name}[(${index}) ^ 1u]`);

/** One element of the memory of a workgroup reads as 0. */
export const deadElement = (code: string, element: number): string =>
  loading(code, shared(code), (found, index, variable) => `select(${found}, ${zero(variable)}, (${index}) == ${element}u)`);

export const withoutBarriers = (code: string): string => code.replaceAll('workgroupBarrier();', '');

/** A quad's lanes take each other's part. */
export const wrongQuads = (code: string): string => code.replace(/quadBroadcast\((\w+), (\d)u\)/g, (_, part, lane) => `quadBroadcast(${part}, ${(Number(lane) + 1) % 4}u)`);
/** A quad's lanes keep to themselves. */
export const lonelyQuads = (code: string): string => code.replace(/quadBroadcast\((\w+), \du\)/g, (_, part) => part);

/** Zeros are stored where `condition` holds, an expression on the first replica's row. */
export const zeroWhere = (code: string, condition: string): string =>
  (/var<uniform> rows:/.test(code) ? storing(code, (value, _, variable) => `select(${value}, ${zero(variable)}, ${condition})`) : code);

/** A batch is made of the first samples, whichever are asked for. */
export const nearSamples = (code: string): string =>
  (code.includes('var sample = ') ? code.replace('let first = workgroup', 'sample = sample % 8u; let first = workgroup') : code);
