/** UTF-8 on every host. A leaf. */
import { GradshaderError } from './errors.ts';

/** The web's own class; where tests that imitate a page (jsdom) leave it out of a Node process, Node's. */
function coder<Name extends 'TextEncoder' | 'TextDecoder'>(name: Name): (typeof globalThis)[Name] {
  type Coders = { readonly [one in Name]?: (typeof globalThis)[one] };
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  const found = (globalThis as Coders)[name] ?? (process?.getBuiltinModule?.('node:util') as Coders | undefined)?.[name];
  if (found === undefined) throw new GradshaderError('environment', `This environment has no ${name}, which files need. Load a polyfill of it first.`);
  return found;
}

/** @throws GradshaderError 'environment' */
export const encodeText = (text: string): Uint8Array<ArrayBuffer> => new (coder('TextEncoder'))().encode(text);

/** @throws TypeError for what is no UTF-8; GradshaderError 'environment' */
export const decodeText = (bytes: Uint8Array): string => new (coder('TextDecoder'))('utf-8', { fatal: true }).decode(bytes);
