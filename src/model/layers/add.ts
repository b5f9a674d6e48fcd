import { checkOptions } from '../../options.ts';
import type { ValueId } from '../../ops/op.ts';
import type { LayerType } from './layer.ts';

export interface Add {
  readonly type: 'add';
}

export const addLayer: LayerType<Add> = {
  type: 'add',
  maker: 'add()',
  joins: 'equal',
  check: (settings) => void checkOptions('add', settings, ['type']),
  shape: ([input]) => input!,
  title: () => 'add',
  forward: (emit, { inputs }) => inputs.reduce<ValueId | undefined>((sum, input) => (sum === undefined ? input : emit.add(sum, input)), undefined)!,
  backward: (_, delta, _output, { inputs }) => inputs.map(() => delta),
};
