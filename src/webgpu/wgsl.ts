/** The WGSL that a dispatch runs. Put together here and nowhere edited. */

import type { Constants } from '../kernels/kernel.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';

const literal = (value: Constants[string]): string => {
  if (typeof value === 'boolean') return `: bool = ${value}`;
  if (typeof value === 'number') return `: u32 = ${value}u`;
  const text = String(Math.fround(value.f32));
  return `: f32 = ${/[.e]/.test(text) ? text : `${text}.0`}`;
};

/** Constants, then the kernel's file, then its libraries. */
export function wgslOf({ extensions, constants, texts }: Pick<Dispatch, 'extensions' | 'constants' | 'texts'>): string {
  const enables = extensions.map((name) => `enable ${name};`);
  const lines = Object.entries(constants).map(([name, value]) => `const ${name}${literal(value)};`);
  return [[...enables, ...lines].join('\n'), ...texts].join('\n\n');
}
